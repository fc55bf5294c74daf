import type { BreakerState } from './breaker-options.js';
import type { CacheStats } from './cache-stats.js';
import type { MemoryLevel } from './events.js';
import type { PoolKind } from './options.js';
import type { ShapingStats } from './shaping-options.js';
import type { BatchReason } from './trace.js';
import type { WindowStats } from './window-stats.js';

/** Exact count, sum-based mean, min and max; percentiles within 1.6 % of the true value. All 0 when count is 0. */
export interface Summary {
  count: number;
  mean: number;
  min: number;
  max: number;
  p50: number;
  p90: number;
  p99: number;
  p999: number;
}

/** Where the tasks of a pool stand. At every moment submitted = queued + dispatched + completed + failed + cancelled. */
export interface TaskCounts {
  submitted: number;
  /** Waiting in the pool, for a worker or for their next try. */
  queued: number;
  /** Sent to a worker and unsettled. Prefetched tasks count, though they wait inside their worker. */
  dispatched: number;
  /**
   * Part of `dispatched`: the handler has been called and its result is not back. Workers note each start on their claim board,
   * which `stats()` reads. A worker without a readable board has nothing prefetched, so what it has counts, up to
   * `sizing.concurrency`.
   */
  running: number;
  completed: number;
  /** Rejected for any reason except the caller's own cancellation. Includes timedOut. */
  failed: number;
  cancelled: number;
  timedOut: number;
  /** Further tries begun, whatever their outcome. */
  retried: number;
  /**
   * Times that a task ended its worker for certain: it alone had begun there, or its input was being decoded. Suspects do not
   * count.
   */
  crashed: number;
  /** Tasks that ran for their `slowMs`; a task counts once. */
  slow: number;
}

/**
 * Milliseconds that tasks spent. `wait`: from submit to the handler's start. `run`: in the handler. `total`: until the result
 * was back.
 */
export interface LatencyStats {
  wait: Summary;
  run: Summary;
  total: Summary;
}

/** What a task does to its worker: computes, blocks it without computing, waits for something else, or some of each. */
export type DetectedWorkload = 'computing' | 'blocking' | 'waiting' | 'mixed';

/** The circuit breaker of a task, or those of all its keys. */
export interface BreakerStats {
  /** Its state; undefined for a task with `breaker.key`. */
  state: BreakerState | undefined;
  /** Keys that have a breaker; 1 without `breaker.key`. */
  keys: number;
  /** Part of `keys`: those whose breaker is not closed. */
  notClosed: number;
  /** Times that one opened. */
  opened: number;
  /** Tries that were not begun because of it; with `dryRun`, those that would not have been. */
  refused: number;
}

/** Further runs of tasks that took long. */
export interface HedgeStats {
  /** Runs that began. */
  begun: number;
  /** Part of `begun`: their result was the first. */
  won: number;
  /** Runs that `hedge.budget` has refused. */
  refused: number;
}

/** The batches of one task name that have left for a worker. */
export interface BatchStats {
  batches: number;
  /** Tasks in them. Those that left several times count each time. */
  items: number;
  /** items ÷ batches; 0 before the first. */
  meanSize: number;
  /** Inputs of all batches ÷ (batches × `maxSize`), 0 to 1. */
  fillShare: number;
  /** Mean time from the first item of a batch until it left, in milliseconds. A wait for a free worker counts. */
  waitMs: number;
  /** Calls of the handler that batching saved: items − batches. */
  savedCalls: number;
  /** Part of items: those that shared the input of another one, by `tasks[name].batch.key`. */
  merged: number;
  /** Failed batches that were split to find the bad items (`isolate`). */
  splits: number;
  /** Number of items with which a batch leaves now. */
  size: number;
  /** Number of batches by the rule by which they left. */
  why: Record<BatchReason, number>;
}

/** The tasks of one name. */
export interface TaskStats {
  completed: number;
  failed: number;
  /** Tasks that ran for their `slowMs`. */
  slow: number;
  /** Failures that got no further try because of `retry.budget`. */
  retriesRefused: number;
  latencyMs: LatencyStats;
  /** Undefined without `breaker`. */
  breaker: BreakerStats | undefined;
  /** Undefined without `hedge`. They are no tasks of their own, and no other count has them. */
  hedges: HedgeStats | undefined;
  /**
   * Time for which the limits of the name held tries back that then ran: a part of `latencyMs.wait`, in milliseconds. Undefined
   * for a name without limits.
   */
  limitWaitMs: Summary | undefined;
  /** The kind of its tasks, by the last reports of their workers. Undefined before the first report. */
  detected: DetectedWorkload | undefined;
  /** Undefined for a handler that `batch()` did not make. */
  batch: BatchStats | undefined;
}

export type PoolStateName = 'open' | 'closing' | 'closed' | 'failed';
export type WorkerStateName = 'starting' | 'warming' | 'idle' | 'busy' | 'draining' | 'stopping' | 'exited';

/**
 * One live worker. The last four are its own report; 0 before the first. While it works, they are at most a quarter of a
 * second old.
 */
export interface WorkerStats {
  id: number;
  /** Its `ctx.slot`. */
  slot: number;
  /** Set for a process only. */
  pid: number | undefined;
  /** Set for a thread only. */
  threadId: number | undefined;
  state: WorkerStateName;
  tasksDone: number;
  /** Sent to it, and not answered for. */
  dispatched: number;
  /** Part of `dispatched`: handlers that run in it. Those of cancelled and timed out tasks count until they return. */
  running: number;
  ageMs: number;
  /** Time from its spawn until it took tasks: load, `setup`, `warmup` and warm-up tasks. 0 until then. */
  bootMs: number;
  /**
   * Resident memory of a process, as the system or the worker reported it last; heap and buffers of a thread. 0 until its first
   * report, which follows as soon as it is ready.
   */
  rssBytes: number;
  heapUsedBytes: number;
  /** CPU seconds per second over its last report; may exceed 1 (GC and I/O helper threads of a process count). */
  cpu: number;
  /** Event-loop utilization 0 to 1 over its last report. */
  elu: number;
}

/**
 * Cost of a task to this program's own thread, and the work that it takes off that thread. Both are averages of the latest
 * thousands of tasks of all names. Where the first is larger, a plain call is cheaper, and leaves the event loop more time.
 */
export interface BalanceStats {
  /**
   * Time of this thread for a task: encoding its input, handing it out, reading its result. It is a lower bound, without the
   * work of Node itself: system calls of its event loop, promises, garbage.
   */
  handOverMs: number;
  /** Time for which a task's handler had its worker's event loop, without waiting. */
  handlerMs: number;
  /** Advice as a sentence; undefined while the pool takes off more than it costs. */
  advice: string | undefined;
}

/** The size of the pool, and the reason for it. */
export interface SizingStats {
  /** Number of wanted workers, and its bounds. */
  workers: number;
  min: number;
  max: number;
  /** Tasks running at once in one worker. */
  concurrency: number;
  /** The kind of all tasks, as far as observed. Undefined before that, and where there is nothing left to choose. */
  detected: DetectedWorkload | undefined;
  /** The reason for these numbers. */
  reason: string;
}

/** How short memory is. */
export interface MemoryStats {
  /**
   * Memory where it is scarcest. That is this control group or one above it, the machine, or the option `memory.limitBytes`.
   * Some machines do not report available memory (macOS). There, only the use of this program and its workers counts.
   */
  usedBytes: number;
  limitBytes: number;
  source: 'machine' | 'control group' | 'option';
  level: MemoryLevel;
  trend: MemoryTrend;
}

/**
 * Course of the memory of this program and its workers over the last two minutes of work. It is read once a second while there is
 * work. Readings of more than ten minutes ago do not count.
 */
export interface MemoryTrend {
  /**
   * 'rising' and 'falling': steadily, in 85 % of all pairs of points, and by 20 MiB or more. 'stable': anything else, and the first
   * half minute of work.
   */
  direction: 'stable' | 'rising' | 'falling';
  /** Median slope. */
  bytesPerMinute: number;
  /** Time from the first point to the last, in milliseconds. */
  overMs: number;
}

export interface PoolStats {
  name: string;
  kind: PoolKind;
  state: PoolStateName;
  paused: boolean;
  /** `spare` of the idle ones stand by and are not wanted yet. */
  workers: { wanted: number; starting: number; idle: number; busy: number; draining: number; spare: number };
  workerList: WorkerStats[];
  tasks: TaskCounts;
  latencyMs: LatencyStats;
  /**
   * By name. The object has no prototype, so it holds only names that were called. Names without a handler count together, as
   * "(other)". Each callable counts by itself, under its label.
   */
  byTask: { [name: string]: TaskStats };
  /** Execution time ÷ (ready workers × concurrency × wall time) since the pool began, 0 to 1. */
  utilization: number;
  /** Whether tasks are worth handing over. Undefined before about 2,000 of them, and for kind 'inline'. */
  balance: BalanceStats | undefined;
  sizing: SizingStats;
  /** The last reading, at most a second old while there is work. Undefined before the first worker was started. */
  memory: MemoryStats | undefined;
  /** Results that came too late: duplicates, and those of tasks that had been cancelled or had timed out. */
  ignoredResults: number;
  /**
   * Lost values of `ctx.progress`: dropped for newer ones, unreadable by a custom codec, or stuck in a blocked worker. Values that
   * went down with their worker process do not count.
   */
  droppedProgress: number;
  cache: CacheStats | undefined;
  /** What the pool did lately, if `stats()` was called with a `windowMs`. */
  window: WindowStats | undefined;
  /** What throttle and debounce have saved, by task name. Undefined before the first call of such a task. */
  shaping: { readonly [task: string]: ShapingStats } | undefined;
}
