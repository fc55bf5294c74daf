import type { BreakerHandle } from '../contract/breaker-options.js';
import type { CallTerms } from '../contract/call-terms.js';
import type { DroppedBy } from '../contract/errors.js';
import type { PoolEvents } from '../contract/events.js';
import type { WorkersOption } from '../contract/options.js';
import type { PoolProfiling, ProfileTerms } from '../contract/profile-messages.js';
import type { WorkerRelief } from '../contract/relief.js';
import type { GivenStartData, ResolvedOptions, TaskSettings } from '../contract/resolved-options.js';
import type { PoolStats } from '../contract/stats.js';
import type { ModuleObject } from '../contract/worker-module.js';
import type { PressureLevel } from '../contract/worker-module.js';
import type { NotedCheck } from '../sizing/health.js';
import type { LoopTimes } from '../task/loop-times.js';
import type { FlowOptions, TaskFlows } from '../task/task-flows.js';

/**
 * Runs the tasks of a pool: in workers of this machine (local-backend.ts), or elsewhere. A pool checks arguments, keeps its
 * state, and caches. A backend queues, runs and settles.
 *
 * **Values.** Inputs and results are values, not bytes. A backend copies or encodes an input before `submit` returns, and
 * does not read it later. `borrow` and `transfer` allow otherwise.
 *
 * **Promises.** A backend makes the promise of each task, and settles it once, whatever happens. It rejects with the error
 * of the handler, the reason of the signal, or a PoolError.
 *
 * **The program.** A backend keeps the program running while a task, or a promise of a verb below, is pending. At any other
 * time it does not.
 *
 * **The end.** `drain` and `kill` end a backend. After either, a pool calls no verb that takes a task or changes the workers.
 */
export interface Backend {
  /**
   * Takes one task.
   * @param mayRefuse false for a caller that has waited for room: the task is taken even if another one has its place
   * @throws ERR_CIRCUIT_OPEN when its circuit breaker refuses it, and then ERR_QUEUE_FULL when there is no room. The input is not
   * copied then. ERR_OPTION when `breaker.key` gives no key
   */
  submit(name: string, input: unknown, terms: CallTerms | undefined, mayRefuse: boolean): Promise<unknown>;

  /**
   * Takes one task as `submit` does, for callers that come to share it. Single flight needs to see where it is, and to loosen
   * its limits when a caller with more time joins.
   */
  submitShared(name: string, input: unknown, terms: CallTerms, mayRefuse: boolean): SharedTask;

  /**
   * Opens settings and counts of their own for calls of one name. Their terms have its number. A part that is
   * the very object of the name's settings brings its state along. Calls by name share that state.
   * @param label its name in `stats()`
   */
  openCallable(name: string, label: string, settings: TaskSettings): number;

  /**
   * Takes one task as `submit` does, with values that flow beside its input and its result.
   * @param input the source itself where the input flows. It is not sent, and the pool's functions of an input get it
   */
  submitFlowing(
    name: string,
    input: unknown,
    terms: CallTerms | undefined,
    flows: FlowOptions,
    mayRefuse: boolean,
  ): FlowingTask;

  /** Runs a task once on each worker that takes tasks, past the queue. Without any worker, it waits for the first. */
  submitToAll(name: string, input: unknown, terms: CallTerms): Promise<unknown[]>;

  /** Number of tasks of a name that are worth having submitted at once. `map` pulls no more of its inputs. */
  usefulInFlight(name: string): number;

  /** Whether a task that has not waited for room has a place now. `map` asks for each input, without a promise. */
  readonly hasRoom: boolean;

  /** Of the loops over `map`; undefined where no profiler can ask for it. */
  readonly loopTimes?: LoopTimes | undefined;

  /** Resolves when the next `submit` has a place, in the order of the calls. Rejects once the backend ends. */
  whenRoom(): Promise<void>;

  /** Resolves when the least number of workers is ready. Rejects once the backend ends. */
  whenReady(): Promise<void>;

  /** Resolves when no task is pending. */
  whenIdle(): Promise<void>;

  /**
   * The circuit breaker of a task, or of one key of it.
   * @param callable by `openCallable`; undefined for that of the name
   * @throws ERR_OPTION without such a breaker
   */
  breaker(name: string, key: string | undefined, callable?: number): BreakerHandle;

  /** Ends the wait of batches for more items. @param name of their tasks, or label of their callable; undefined for all */
  flush(name: string | undefined): void;

  /** Starts no task until `resume`. */
  pause(): void;
  resume(): void;

  /** @throws ERR_OPTION when the settings contradict those of the machine */
  resize(workers: WorkersOption): void;

  /**
   * Replaces all workers. Resolves when the last of them has gone, or the backend has ended.
   * @throws ERR_WORKER_START when a new worker cannot be started
   */
  recycle(reason: string): Promise<void>;

  /**
   * Asks the workers to free memory, and frees its own. Resolves when each has answered, has ended, or `timeoutMs` is over.
   * @returns what each worker has freed
   */
  relieve(level: PressureLevel, timeoutMs: number): Promise<WorkerRelief[]>;

  /** Measures its workers for a profiler from now on. */
  profile(terms: ProfileTerms): PoolProfiling;

  /** Checks of the workers and the tasks. */
  health(): NotedCheck[];

  /** @param windowMs length of the latest time to tell about as well; undefined for none */
  stats(windowMs?: number): BackendStats;

  /**
   * Rejects every task that waits with ERR_TASK_DROPPED, and lets those that have begun go on.
   * @param by 'close': a task that fails afterwards gets no further try
   * @returns the number of rejected tasks
   */
  dropWaiting(by: DroppedBy): number;

  /** Finishes all pending tasks, then stops. Promises of `whenRoom` and `whenReady` reject with `refusal` at once. */
  drain(refusal: Error): Promise<void>;

  /**
   * Rejects all pending tasks with `error` at once, and stops as fast as it can. A drain under way ends, too.
   * @param refusal for the promises of `whenRoom` and `whenReady`
   */
  kill(error: Error, refusal?: Error): Promise<void>;
}

/** What a backend knows about its pool, and reports to it. */
export interface BackendParts {
  /** The pool, as an identity for published messages. */
  readonly pool: object;
  /** Worker module: a file: URL, or GIVEN_OBJECT of base/module-file.ts. */
  readonly moduleUrl: string;
  /** Worker module that was given as an object, for kind 'inline'. */
  readonly moduleObject?: ModuleObject | undefined;
  readonly options: ResolvedOptions;
  /** The caller's own data. It may change after the start of the backend, which copies it. */
  readonly givenStartData: GivenStartData;
  emit<E extends keyof PoolEvents>(event: E, ...args: Parameters<PoolEvents[E]>): void;
  /** Whether the program listens to an event. */
  listens(event: keyof PoolEvents): boolean;
  /** Reports that workers cannot be kept alive: the pool has failed, and calls `kill`. */
  gaveUp(reason: string, cause: unknown): void;
  /** Reports that memory is short: the pool drops what can be computed again. */
  memoryShort(): void;
}

/** @throws ERR_OPTION when workers cannot be started with these options */
export type OpenBackend = (parts: BackendParts) => Backend;

/** A task in progress for several callers. It begins with the terms of the first. */
export interface SharedTask {
  readonly result: Promise<SharedResult>;
  /** Where it is now. */
  look(): TaskSight;
  /** Replaces its limits with these, which are no tighter. */
  loosen(limits: CallLimits): void;
}

/** A task in progress, and its flows. */
export interface FlowingTask {
  /** A promise of its own: an ignored rejection is unhandled. */
  readonly result: Promise<unknown>;
  readonly flows: Pick<TaskFlows, 'output' | 'messages' | 'post' | 'onDrain' | 'onUnread'>;
}

/** A result, and its execution time, ms. */
export interface SharedResult {
  readonly value: unknown;
  readonly costMs: number;
}

export interface TaskSight {
  /** Whether it waits for a worker. */
  readonly isQueued: boolean;
  /** Time when the handler of this try was called, on this program's clock; undefined before. */
  readonly startedAtMs: number | undefined;
  /** Its worker; 0 before it has one. */
  readonly workerId: number;
  /** Number of all tasks that wait. */
  readonly queued: number;
}

/** Limits of one call. Times are on this program's clock; Infinity for none. */
export interface CallLimits {
  /** Longest execution, ms. */
  readonly timeoutMs: number;
  /** Latest time until which it may wait for a worker. */
  readonly queueUntilMs: number;
  /** Latest time by which it must be done. */
  readonly deadlineMs: number;
}

/** What a backend contributes to `stats()`. */
export type BackendStats = Omit<PoolStats, 'name' | 'kind' | 'state' | 'cache' | 'shaping'>;
