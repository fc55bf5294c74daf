import { types } from '../base/natives.js';
import * as is from './checks.js';

const RETRY: is.Shape = {
  attempts: is.integer(0),
  on: is.func(),
  backoff: is.object({ baseMs: is.finiteDuration(0), maxMs: is.duration(0) }),
};
const RETRY_CHECK = is.either(is.integer(0), is.object(RETRY, 'attempts'));
const PRIORITY_CHECK = is.integer(-100, 100);
/** Settings of one task name. */
export const TASK: is.Shape = {
  priority: PRIORITY_CHECK,
  timeoutMs: is.duration(1),
  queueTimeoutMs: is.duration(1),
  retry: RETRY_CHECK,
  idempotent: is.bool(),
  cache: is.either(is.bool(), is.object({ key: is.func(), ttlMs: is.duration(0) })),
};
/**
 * Most workers of one pool. Linux numbers processes and threads up to 32,768 by default, and a Node process has seven
 * threads.
 */
export const MOST_WORKERS = 4096;
/** Options of a pool. */
export const POOL: is.Shape = {
  name: is.text(),
  kind: is.oneOf('process', 'thread', 'inline'),
  workload: is.oneOf('auto', 'cpu', 'io', 'mixed'),
  workers: is.either(
    is.integer(1, MOST_WORKERS),
    is.oneOf('auto'),
    is.object({ min: is.integer(0, MOST_WORKERS), max: is.integer(1, MOST_WORKERS), spare: is.integer(0, 64) }),
  ),
  // Both together stay within the 2048 places that a worker has for tasks (wire/claim-board.ts).
  concurrency: is.either(is.integer(1, 1000), is.oneOf('auto'), is.object({ max: is.integer(1, 1000) })),
  prefetch: is.either(is.integer(0, 1000), is.oneOf('auto')),
  busyPollMs: is.number(0, 10),
  queue: {
    max: is.either(
      is.integer(0),
      is.instance('Infinity', (v) => v === Infinity),
    ),
    timeoutMs: is.duration(1),
  },
  timeoutMs: is.duration(1),
  timeoutStack: is.bool(),
  graceMs: is.duration(0),
  retry: RETRY_CHECK,
  crash: { attempts: is.integer(1) },
  restart: { max: is.integer(0), withinMs: is.duration(1) },
  startTimeoutMs: is.duration(1),
  recycle: {
    afterTasks: is.integer(1),
    afterMs: is.duration(1),
    aboveRssBytes: is.integer(1),
    onLeak: is.bool(),
    jitter: is.number(0, 1),
  },
  memory: { limitBytes: is.either(is.integer(1), is.oneOf('auto')), perWorkerBytes: is.integer(1) },
  warmup: { tasks: is.listOf({ name: is.text(), input: is.anything(), times: is.integer(1) }) },
  // The cache makes room for all of them at its start, some 40 bytes each.
  cache: { max: is.integer(1, 1_000_000), ttlMs: is.duration(0) },
  tasks: is.instance('an object', is.isRecord),
  codec: is.either(
    is.oneOf('structured'),
    is.instance('the URL of a module', (v) => v instanceof URL),
    is.object({
      module: is.either(
        is.text(),
        is.instance('a URL', (v) => v instanceof URL),
      ),
    }),
  ),
  // A frame holds its length in 32 bits.
  maxPayloadBytes: is.integer(1, 2 ** 32 - 1),
  env: is.either(is.oneOf('inherit', 'clean'), is.textByName()),
  argv: is.listOfText(),
  execArgv: is.listOfText(),
  inspect: is.bool(),
  resourceLimits: {
    maxOldGenerationSizeMb: is.positiveNumber(),
    maxYoungGenerationSizeMb: is.positiveNumber(),
    codeRangeSizeMb: is.positiveNumber(),
    stackSizeMb: is.positiveNumber(),
  },
  workerData: is.anything(),
  stdio: is.oneOf('pipe', 'stderr', 'inherit', 'ignore'),
};
/** Memory moves, and not a view of it. Node's own refusal of a view does not say so. */
function isListOfMovable(value: unknown): boolean {
  return Array.isArray(value) && value.every(isMovable);
}

/** Whether it may be something that can move. Only Node knows all of these classes. */
function isMovable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== Object.prototype && prototype !== null && !types.isSharedArrayBuffer(value);
}

const RUN: is.Shape = {
  signal: is.instance('an AbortSignal', (v) => v instanceof AbortSignal),
  timeoutMs: is.duration(1),
  queueTimeoutMs: is.duration(1),
  deadline: is.instance('a valid Date or milliseconds since the epoch', (v) =>
    Number.isFinite(types.isDate(v) ? v.getTime() : v),
  ),
  retry: RETRY_CHECK,
  priority: PRIORITY_CHECK,
  key: is.text(),
  idempotent: is.bool(),
  borrow: is.bool(),
  cache: is.instance('false', (v) => v === false),
  onProgress: is.func(),
};
/** Options of one call. */
export const RUN_ONE: is.Shape = {
  ...RUN,
  transfer: is.instance(
    'a list of what moves (ArrayBuffer, MessagePort and the like; of a Buffer or typed array its `buffer`)',
    isListOfMovable,
  ),
};
/** Options of `broadcast`. */
export const BROADCAST: is.Shape = { signal: RUN['signal'] as is.Check, timeoutMs: is.duration(1) };
/** Options of `close`. */
export const CLOSE: is.Shape = { timeoutMs: is.duration(0) };
/** Options of `map` and `mapSettled`. */
export const MAP: is.Shape = { ...RUN, ordered: is.bool(), window: is.integer(1) };
