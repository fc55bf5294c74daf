import type { CallLimits, SharedResult, SharedTask, TaskSight } from '../../src/backend/backend.js';
import { deferred } from '../../src/base/deferred.js';
import type { CachedCall, Shared } from '../../src/cache/flight.js';
import { ResultCache } from '../../src/cache/result-cache.js';
import type { ResolvedCache, ResolvedRetry, ResolvedTaskCache } from '../../src/contract/resolved-options.js';
import { FakeClock } from './fake-clock.js';

/** An execution that a test moves and ends by hand. */
export class HeldExecution implements SharedTask {
  readonly end = deferred<SharedResult>();
  isQueued = true;
  startedAtMs: number | undefined = undefined;
  limits: CallLimits | undefined;
  readonly shared: Shared;

  constructor(shared: Shared) {
    this.shared = shared;
  }

  get signal(): AbortSignal {
    return this.shared.signal;
  }
  get result(): Promise<SharedResult> {
    return this.end.promise;
  }
  look(): TaskSight {
    return { isQueued: this.isQueued, startedAtMs: this.startedAtMs, workerId: this.isQueued ? 0 : 3, queued: 7 };
  }
  loosen(limits: CallLimits): void {
    this.limits = limits;
  }
}

export const NO_RETRY: ResolvedRetry = {
  attempts: 0,
  on: undefined,
  baseMs: 0,
  maxMs: 0,
  maxRetryAfterMs: 0,
  budget: undefined,
};
const NO_LIMITS: CallLimits = { timeoutMs: Infinity, queueUntilMs: Infinity, deadlineMs: Infinity };

/** Settings of a task that asks for `cache: true` and nothing else, without its path. */
export const USUAL_TASK_CACHE: ResolvedTaskCache = {
  path: '',
  key: undefined,
  ttlMs: 0,
  staleWhileRevalidateMs: 0,
  staleIfErrorMs: 0,
  refreshAhead: false,
  failures: undefined,
  tags: [],
  share: 'copy',
  version: '',
};

/** What a call of a test asks for, and nothing else. */
export type Asks = Partial<CallLimits> & Partial<Omit<CachedCall, 'limits'>>;

/** A cache over executions that a test ends by hand. Settings of tasks that are not named are `all`. */
export function openCache(
  options: Partial<ResolvedCache> & {
    all?: Partial<ResolvedTaskCache>;
    tasks?: Record<string, Partial<ResolvedTaskCache>>;
    ownsResults?: boolean;
  } = {},
) {
  const { max = 100, maxBytes = 2 ** 30, weak = false, ttlMs = 0, all, tasks = {} } = options;
  const { store, isWarm = false, version, ownsResults = true } = options;
  const clock = new FakeClock(0);
  const cache = new ResultCache({
    pool: {},
    options: { max, maxBytes, ttlMs, weak, store, isWarm, version },
    codec: 'structured',
    maxPayloadBytes: 2 ** 30,
    versionOfModule: () => 'module',
    ownsResults,
    settingsOf: (task) => ({ ...USUAL_TASK_CACHE, path: `tasks.${task}.cache`, ttlMs, ...all, ...tasks[task] }),
    clock,
  });
  const executions: HeldExecution[] = [];
  /** Inputs of the executions. */
  const inputs: unknown[] = [];
  const call = (asks: Asks, input: unknown = 1, task = 't'): Promise<unknown> => {
    const { retry = NO_RETRY, signal, onProgress, movesInput = false, refresh = false, tags, ...limits } = asks;
    const { ttlMs: ownTtlMs, ...ownLimits } = limits;
    const given = { limits: { ...NO_LIMITS, ...ownLimits }, retry, signal, onProgress };
    return cache.calls.answer(task, input, { ...given, movesInput, refresh, tags, ttlMs: ownTtlMs }, (own, shared) => {
      inputs.push(own);
      const execution = new HeldExecution(shared);
      executions.push(execution);
      return execution;
    });
  };
  const get = (task: string, input: unknown, signal?: AbortSignal): Promise<unknown> => call({ signal }, input, task);
  const finish = (at: number, value: unknown, costMs = 1): void => executions[at]?.end.resolve({ value, costMs });
  /** Calls, and ends the execution that this begins. */
  const computed = async (task: string, input: unknown, value: unknown): Promise<unknown> => {
    const result = get(task, input);
    finish(executions.length - 1, value);
    return result;
  };
  return { cache, clock, executions, inputs, call, get, finish, computed };
}
