import { types } from '../base/natives.js';
import { BATCH } from './batch-shape.js';
import { TAGS, TASK_CACHE } from './cache-shapes.js';
import { HEADERS } from './check-headers.js';
import * as is from './checks.js';
import { BREAKER, HEDGE } from './policy-shapes.js';

const RETRY_OF_CALL: is.Shape = {
  attempts: is.integer(0),
  on: is.func(),
  backoff: is.object({ baseMs: is.finiteDuration(0), maxMs: is.duration(0) }),
  maxRetryAfterMs: is.finiteDuration(0),
};
const RETRY_OF_CALL_CHECK = is.either(is.integer(0), is.object(RETRY_OF_CALL, 'attempts'));
// A budget is that of all calls of a name.
const RETRY_CHECK = is.either(is.integer(0), is.object({ ...RETRY_OF_CALL, budget: is.number(0, 1) }, 'attempts'));
const PRIORITY_CHECK = is.integer(-100, 100);
const BREAKER_CHECK = is.either(
  is.instance('false', (v) => v === false),
  is.object(BREAKER),
);
const SUPERSEDED = is.oneOf('share', 'reject');
const THROTTLE: is.Shape = {
  everyMs: is.finiteDuration(1),
  leading: is.bool(),
  trailing: is.bool(),
  superseded: SUPERSEDED,
  key: is.func(),
};
const DEBOUNCE: is.Shape = {
  waitMs: is.finiteDuration(1),
  maxWaitMs: is.duration(1),
  superseded: SUPERSEDED,
  key: is.func(),
};
const SHAPING: is.Shape = {
  throttle: is.object(THROTTLE, 'everyMs'),
  debounce: is.object(DEBOUNCE, 'waitMs'),
};
/** Options of `coalesce`. */
export const COALESCE: is.Shape = { everyMs: is.finiteDuration(0), key: is.func() };
/** Limits of one task name. More would only hide which of them holds tasks back. */
const MOST_RATE_LIMITS = 8;
const RATE_LIMIT = is.object({
  calls: is.integer(1),
  unit: is.text(),
  max: is.finitePositive(),
  cost: is.func(),
  perMs: is.finiteDuration(1),
  window: is.oneOf('bucket', 'strict'),
  per: is.oneOf('call', 'item'),
  key: is.func(),
  when: is.oneOf('wait', 'reject'),
});
/** Settings of one task name. */
export const TASK: is.Shape = {
  ...SHAPING,
  priority: PRIORITY_CHECK,
  timeoutMs: is.duration(1),
  queueTimeoutMs: is.duration(1),
  retry: RETRY_CHECK,
  idempotent: is.bool(),
  exclusive: is.bool(),
  slowMs: is.duration(1),
  cache: is.either(is.bool(), is.object(TASK_CACHE)),
  breaker: BREAKER_CHECK,
  hedge: is.object(HEDGE),
  batch: is.object(BATCH),
  rateLimit: is.either(RATE_LIMIT, is.list(RATE_LIMIT, MOST_RATE_LIMITS)),
  concurrency: is.integer(1),
  concurrencyByKey: is.object({ key: is.func(), max: is.integer(1) }),
};
/** Options of one callable. */
export const CALLABLE: is.Shape = { ...TASK, label: is.text() };
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
    is.object({
      min: is.integer(0, MOST_WORKERS),
      max: is.integer(1, MOST_WORKERS),
      spare: is.integer(0, 64),
      idleMs: is.duration(0),
    }),
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
  slowMs: is.duration(1),
  timeoutStack: is.bool(),
  graceMs: is.duration(0),
  teardownMs: is.finiteDuration(0),
  retry: RETRY_CHECK,
  breaker: BREAKER_CHECK,
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
  health: {
    restarts: is.number(0, Infinity),
    queueAgeMs: is.duration(0),
    queueLength: is.number(0, Infinity),
    memory: is.number(0, 1),
    errorRate: is.number(0, 1),
    eventLoopLagMs: is.duration(0),
  },
  warmup: { tasks: is.listOf({ name: is.text(), input: is.anything(), times: is.integer(1) }) },
  // The cache makes room for all of them at its start, some 40 bytes each.
  cache: {
    max: is.integer(1, 1_000_000),
    maxBytes: is.integer(1),
    ttlMs: is.duration(0),
    weak: is.bool(),
    // The program's own first: it may have a property of that name.
    store: is.either(
      is.instance('a store with get, set, delete and clear', isStore),
      is.object({ folder: is.text(), maxBytes: is.integer(1) }, 'folder'),
      is.object({ sqlite: is.text(), maxBytes: is.integer(1) }, 'sqlite'),
    ),
    warm: is.oneOf('store'),
    version: is.text(),
  },
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
  perSlot: is.func(),
  env: is.either(is.oneOf('inherit', 'clean'), is.textByName()),
  argv: is.listOfText(),
  execArgv: is.listOfText(),
  inspect: is.bool(),
  nice: is.integer(0, 19),
  resourceLimits: {
    maxOldGenerationSizeMb: is.positiveNumber(),
    maxYoungGenerationSizeMb: is.positiveNumber(),
    codeRangeSizeMb: is.positiveNumber(),
    stackSizeMb: is.positiveNumber(),
  },
  workerData: is.anything(),
  stdio: is.oneOf('pipe', 'stderr', 'inherit', 'ignore', 'events'),
};
/** Options of the workers in one slot. */
export const SLOT: is.Shape = { env: is.textByName(), argv: is.listOfText(), execArgv: is.listOfText() };

function isStore(value: unknown): boolean {
  const store = value as Record<string, unknown> | null;
  return ['get', 'set', 'delete', 'clear'].every((method) => typeof store?.[method] === 'function');
}

function withoutVersion({ version: _, ...others }: is.Shape): is.Shape {
  return others;
}

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
  retry: RETRY_OF_CALL_CHECK,
  priority: PRIORITY_CHECK,
  key: is.text(),
  idempotent: is.bool(),
  exclusive: is.bool(),
  borrow: is.bool(),
  cache: is.either(
    is.instance('false', (v) => v === false),
    is.object({ ttlMs: is.duration(0), tags: TAGS, refresh: is.bool() }),
  ),
  onProgress: is.func(),
  headers: HEADERS,
  progressEveryMs: is.duration(0),
};
/** Options of one call. */
export const RUN_ONE: is.Shape = {
  ...RUN,
  transfer: is.instance(
    'a list of what moves (ArrayBuffer, MessagePort and the like; of a Buffer or typed array its `buffer`)',
    isListOfMovable,
  ),
};
/** Options of one call of a wrapped function. */
export const WRAP_CALL: is.Shape = {
  signal: RUN['signal'] as is.Check,
  deadline: RUN['deadline'] as is.Check,
  timeoutMs: is.duration(1),
  retry: RETRY_OF_CALL_CHECK,
  idempotent: is.bool(),
  cache: RUN['cache'] as is.Check,
};
const {
  queueTimeoutMs: _queueTimeoutMs,
  priority: _priority,
  exclusive: _exclusive,
  slowMs: _slowMs,
  batch: _batch,
  ...OF_FUNCTIONS
} = TASK;
/** Policies of a wrapped function: those of a task that need no worker and no queue. */
export const WRAP: is.Shape = {
  ...OF_FUNCTIONS,
  name: is.text(),
  cache: is.either(
    is.bool(),
    is.object({ ...withoutVersion(TASK_CACHE), max: is.integer(1, 1_000_000), maxBytes: is.integer(1) }),
  ),
};
const { cache: _noCache, ...UNCACHED } = RUN_ONE;
/** Options of `start`. */
export const START: is.Shape = UNCACHED;
/** Options of `stream`. */
export const STREAM: is.Shape = { ...UNCACHED, highWaterMark: is.integer(1, 1_000_000) };
/** Options of `broadcast`. */
export const BROADCAST: is.Shape = { signal: RUN['signal'] as is.Check, timeoutMs: is.duration(1), headers: HEADERS };
/** Options of `close`. */
export const CLOSE: is.Shape = { timeoutMs: is.duration(0), drop: is.oneOf('queued') };
/** Options of `stats`. */
export const STATS: is.Shape = { windowMs: is.number(1000, 3_600_000) };
/** Options of `relieve`. */
export const RELIEF: is.Shape = { timeoutMs: is.finiteDuration(1) };
/** Options of `map` and `mapSettled`. */
export const MAP: is.Shape = { ...RUN, ordered: is.bool(), window: is.integer(1) };
