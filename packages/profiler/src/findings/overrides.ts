import type { Advice } from '../model/finding.js';

/** Options of a pool, as far as doctor changes them. Nested objects, as for `new Pool`. */
export interface Overrides {
  [option: string]: unknown;
}

/** Options of a pool that a trial can set, without knowing the program. */
const SETTABLE = new Set([
  ...['workers', 'concurrency', 'prefetch', 'kind', 'tasks', 'recycle', 'cache', 'resourceLimits', 'memory', 'queue'],
  ...['execArgv', 'busyPollMs', 'workload', 'crash'],
]);
/** Texts that are values; other texts describe one. */
const TEXTS = new Set(['process', 'thread', 'inline', 'auto', 'cpu', 'io', 'mixed', 'p95']);

/** Options by which an advice can be tried; undefined if it needs other code, or an option of a call. */
export function overridesOf({ option, value }: Advice): Overrides | undefined {
  if (option === undefined || value === undefined) return undefined;
  const path = pathOf(option);
  const [root = ''] = path;
  if (!SETTABLE.has(root)) return undefined;
  const flag = root === 'execArgv' ? /^\['(--[^']+)'\]$/.exec(String(value))?.[1] : undefined;
  if (typeof value === 'string' && !TEXTS.has(value) && flag === undefined) return undefined;
  const given = flag === undefined ? value : [flag];
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), given) as Overrides;
}

/** Keys of an option: `tasks.resize.batch` or `tasks["my task"].batch`. */
function pathOf(option: string): string[] {
  const keys: string[] = [];
  for (const [, quoted, plain] of option.matchAll(/\[("(?:[^"\\]|\\.)*")\]|([^.[\]]+)/g)) {
    keys.push(quoted === undefined ? (plain ?? '') : String(JSON.parse(quoted)));
  }
  return keys;
}
