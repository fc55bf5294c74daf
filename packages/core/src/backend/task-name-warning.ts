import { process } from '../base/natives.js';
import { nearestName } from '../base/nearest.js';

/** Text on names in the option `tasks` that have no handler; undefined when all are known. */
function unknownTasks(named: Iterable<string>, handlers: readonly string[], pool: string): string | undefined {
  const known = new Set(handlers);
  const unknown = [...named].filter((name) => !known.has(name));
  if (unknown.length === 0) return undefined;
  const described = unknown.map((name) => {
    const nearest = nearestName(name, handlers);
    return nearest === undefined ? `"${name}"` : `"${name}" (did you mean "${nearest}"?)`;
  });
  return (
    `Pool "${pool}": the option "tasks" has settings for ${described.join(', ')}, which the worker module does not export. ` +
    `It exports: ${handlers.join(', ')}.`
  );
}

/**
 * Warns of settings that will never apply. It is a warning, not an error, because one list of settings may serve several
 * worker modules. The tasks that exist run as they should.
 */
export function warnOfUnknownTasks(named: Iterable<string>, handlers: readonly string[], pool: string): void {
  const warning = unknownTasks(named, handlers, pool);
  if (warning !== undefined) process.emitWarning(warning, { type: 'MillpondWarning', code: 'MILLPOND_UNKNOWN_TASK' });
}

/** Warns of settings of batches for handlers that take one item each. The tasks run as they would without them. */
export function warnOfUnusedBatches(
  named: Iterable<string>,
  handlers: readonly string[],
  batches: Iterable<string>,
  pool: string,
): void {
  const taking = new Set(batches);
  const unused = [...named].filter((name) => handlers.includes(name) && !taking.has(name));
  if (unused.length === 0) return;
  const warning =
    `Pool "${pool}": the option "tasks" has \`batch\` for ${unused.map((name) => `"${name}"`).join(', ')}, ` +
    'whose handler takes one item. Make it with batch() of @millpond/core/worker.';
  process.emitWarning(warning, { type: 'MillpondWarning', code: 'MILLPOND_NO_BATCH' });
}
