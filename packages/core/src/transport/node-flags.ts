import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { process } from '../base/natives.js';
import { PoolError } from '../contract/errors.js';

// What belongs to this process's own start and would make a worker do something else than be a worker.
/** Their value is the next one, whatever it looks like. */
const CODE = new Set(['-e', '--eval', '-p', '--print', '-pe']);
const OWN =
  /^(--inspect|--debug|--test|--watch|--check|-c$|-i$|--interactive|--run|--cpu-prof|--heap-prof|--prof$|--eval=|--print=|--input-type)/;

/** The flags of this process that its workers should share: all but those for debugging and for its own entry. */
export function inheritedFlags(flags: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < flags.length; at++) {
    const flag = flags[at] ?? '';
    if (CODE.has(flag)) at++;
    else if (!OWN.test(flag)) kept.push(flag);
    // No script is among them: what is not a flag is the value of the one before.
    else if (flags[at + 1]?.startsWith('-') === false) at++;
  }
  return kept;
}

const HEAP_FLAG = /--max[-_](old[-_]space|heap)[-_]size/;

/** The flag that limits a heap, unless somebody has set a limit: in the flags, or in NODE_OPTIONS. */
export function heapFlags(
  limitMb: number | undefined,
  flags: readonly string[],
  nodeOptions: string | undefined,
): string[] {
  const isSet = [...flags, nodeOptions ?? ''].some((text) => HEAP_FLAG.test(text));
  return limitMb === undefined || isSet ? [] : [`--max-old-space-size=${limitMb}`];
}

/**
 * Flags a worker needs to load its module: none for JavaScript, or where Node strips types itself, else tsx.
 * @throws ERR_OPTION for a TypeScript module that nothing here can load
 */
export function loaderFlags(moduleUrl: string): string[] {
  const stripsTypes = Boolean((process.features as { typescript?: unknown }).typescript);
  if (!/\.[mc]?ts$/.test(new URL(moduleUrl).pathname) || stripsTypes) return [];
  try {
    return ['--import', pathToFileURL(createRequire(moduleUrl).resolve('tsx')).href];
  } catch (cause) {
    const reason =
      `is TypeScript (${moduleUrl}), which Node ${process.versions.node} does not run by itself. ` +
      'Install tsx beside it, compile it to JavaScript, or use Node 22.18 or later.';
    throw new PoolError('ERR_OPTION', { option: 'worker', reason }, { cause });
  }
}
