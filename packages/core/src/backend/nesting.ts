import { fileURLToPath } from 'node:url';
import { type Lineage, lineage, loadingInline } from '../base/lineage.js';
import { process } from '../base/natives.js';
import { PoolError } from '../contract/errors.js';

/**
 * Most pools whose workers may be nested in one another. Each step multiplies the number of workers: with eight in each,
 * three steps are 584.
 */
const MOST_NESTED = 3;

/** Where a pool is about to be made. */
export interface PoolPlace {
  /** Worker module of the new pool, a file: URL. */
  readonly moduleUrl: string;
  /** Lineage of the process or thread, when that is a worker. */
  readonly lineage: Lineage | undefined;
  /** The inline worker module whose loading led here. */
  readonly loadingInline: string | undefined;
  /** File and line of the call, where they can be seen. */
  readonly calledAt: string | undefined;
}

/** Refuses a pool that each of its workers would make again, without end. @throws ERR_OPTION */
export function checkNesting(moduleUrl: string): void {
  const here = lineage();
  const loading = loadingInline();
  if (here === undefined && loading === undefined) return;
  const reason = nestingRefusal({ moduleUrl, lineage: here, loadingInline: loading, calledAt: callerOfPool() });
  if (reason !== undefined) throw new PoolError('ERR_OPTION', { option: 'worker', reason });
}

/** The reason to refuse a pool here, or undefined when it may be made. The text ends a sentence that begins with the option. */
export function nestingRefusal(place: PoolPlace): string | undefined {
  const { moduleUrl, lineage: here, loadingInline: inline } = place;
  const pool = `names ${fileOf(moduleUrl)}, but this pool is made${place.calledAt === undefined ? '' : ` at ${place.calledAt}`}`;
  if (inline !== undefined) return `${pool} while ${fileOf(inline)} is loaded as a worker module. ${ADVICE}`;
  if (here === undefined) return undefined;
  const own = fileOf(here.modules.at(-1) ?? '');
  if (here.stage === 'loading') return `${pool} while ${own} is loaded as a worker module. ${ADVICE}`;
  if (here.stage === 'foreign') {
    return (
      `${pool} in a process that was started as a worker of ${own} and did not become one. ${ENDLESS} ` +
      `The executable ${process.execPath}, or a flag such as --import, starts the program again: use kind "thread", ` +
      'or make the pool only where `inWorker` is false.'
    );
  }
  if (here.stage === 'idle' && here.modules.some((module) => isSameFile(module, moduleUrl))) {
    return `${pool} by what ${own} began when it was loaded as a worker module, not by a handler. ${ADVICE}`;
  }
  if (here.modules.length < MOST_NESTED) return undefined;
  const chain = here.modules.map(fileOf).join(', in ');
  return (
    `${pool} within ${here.modules.length} others: in ${chain}. Pools nest ${MOST_NESTED} deep at most, because each step ` +
    'multiplies the number of workers. Have the outermost program make the pool, and hand results back to it.'
  );
}

const ENDLESS = 'Its workers would make it again, without end.';
const ADVICE =
  `${ENDLESS} Move the pool to a file that the worker module neither is nor imports, or make it only where ` +
  '`inWorker` of @millpond/core is false. A handler may make one.';

function fileOf(url: string): string {
  return url.startsWith('file:') ? fileURLToPath(url) : url;
}

function isSameFile(one: string, other: string): boolean {
  return fileOf(one) === fileOf(other);
}

/** The first line of the stack below `new Pool`: file and line. */
function callerOfPool(): string | undefined {
  const { stack } = new Error();
  // A program may have set it to something other than text.
  if (typeof stack !== 'string') return undefined;
  const lines = stack.split('\n');
  const line = lines[lines.findLastIndex((each) => /\bnew (\w+\.)?Pool\b/.test(each)) + 1] ?? '';
  const at = /((?:file:\/\/|\/|\w:\\)[^()]*?:\d+):\d+\)?$/.exec(line)?.[1];
  return at === undefined ? undefined : fileOf(at);
}
