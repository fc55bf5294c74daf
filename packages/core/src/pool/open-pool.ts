import type { Backend, OpenBackend } from '../backend/backend.js';
import { KeepAlive } from '../backend/keep-alive.js';
import { systemClock } from '../base/clock.js';
import { ResultCache } from '../cache/result-cache.js';
import type { PoolOptions } from '../contract/options.js';
import { resolveCache, resolveOptions } from '../contract/resolve-options.js';
import type { ResolvedOptions } from '../contract/resolved-options.js';
import { Fallbacks } from '../limits/fallback.js';
import { copierOf } from '../shaping/copy-of.js';
import { ShapedCalls } from '../shaping/shaped-calls.js';
import { Callables } from './callables.js';
import { Calls } from './calls.js';
import { type CheckedEvents, emitSafely } from './checked-events.js';
import { Ending } from './ending.js';
import { type Closable, list } from './open-pools.js';
import { PoolCache } from './pool-cache.js';
import { PoolState } from './pool-state.js';
import { checkKind, workerSource } from './worker-source.js';

/** What a pool is made of. */
export interface PoolParts {
  readonly options: ResolvedOptions;
  readonly backend: Backend;
  readonly cache: PoolCache;
  readonly callables: Callables;
  readonly shaping: ShapedCalls;
  readonly state: PoolState;
  readonly calls: Calls;
  readonly ending: Ending;
  /** Resolves when the cache has what it begins with. */
  readonly warmed: Promise<void> | undefined;
}

/** Makes the parts of a pool, and starts its first workers. @throws ERR_OPTION */
export function openPool(
  pool: CheckedEvents & Closable,
  worker: string | URL | object,
  options: PoolOptions<never>,
  open: OpenBackend,
): PoolParts {
  const source = workerSource(worker);
  // Kept by no field: the pool copies these two, and the caller may then drop them.
  const { workerData, warmup, ...own } = resolveOptions(options, source.name);
  checkKind(source, own.kind);
  const { cache: given, tasks, taskDefaults } = own;
  const makeCache = (): ResultCache =>
    new ResultCache({
      pool,
      options: given ?? resolveCache(),
      codec: own.codec,
      maxPayloadBytes: own.maxPayloadBytes,
      versionOfModule: () => source.version(),
      ownsResults: true,
      settingsOf: (task) => callables.cacheOf(task) ?? (tasks.get(task) ?? taskDefaults).cache,
      clock: systemClock,
    });
  const cache = new PoolCache(makeCache);
  if (given !== undefined) cache.open();
  const shaping = new ShapedCalls(copierOf(own.codec, own.maxPayloadBytes), new KeepAlive(), systemClock);
  const state = new PoolState(own.name);
  const backend = open({
    pool,
    moduleUrl: source.moduleUrl,
    moduleObject: source.moduleObject,
    options: own,
    givenStartData: { workerData, warmup },
    emit: (event, ...args) => emitSafely(pool, event, args),
    listens: (event) => pool.listenerCount(event) > 0,
    gaveUp: (reason, cause) => ending.fail(reason, cause),
    memoryShort: () => cache.present?.trim(),
  });
  const callables: Callables = new Callables(backend, own);
  const parts = { backend, state, cache, shaping, fallbacks: new Fallbacks(systemClock) };
  const calls = new Calls({ ...parts, options: own });
  const warmed = cache.present?.warm();
  const ending: Ending = new Ending({
    ...parts,
    failed: (failure) => emitSafely(pool, 'failed', [failure]),
    closed: list(pool),
  });
  return { ...parts, options: own, callables, calls, ending, warmed };
}
