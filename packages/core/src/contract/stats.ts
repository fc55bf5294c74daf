import type { MemoryLevel } from './events.js';
import type { PoolKind } from './options.js';

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

/** The tasks of one name. */
export interface TaskStats {
  completed: number;
  failed: number;
  latencyMs: LatencyStats;
  /** The kind of its tasks, by the last reports of their workers. Undefined before the first report. */
  detected: DetectedWorkload | undefined;
}

export type PoolStateName = 'open' | 'closing' | 'closed' | 'failed';
export type WorkerStateName = 'starting' | 'warming' | 'idle' | 'busy' | 'draining' | 'stopping' | 'exited';

/**
 * One live worker. The last four are its own report; 0 before the first. While it works, they are at most a quarter of a
 * second old.
 */
export interface WorkerStats {
  id: number;
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

export interface CacheStats {
  entries: number;
  hits: number;
  misses: number;
  /** Calls that joined an equal one already under way; part of hits. */
  joined: number;
  /** Execution time that hits saved, in milliseconds. */
  savedMs: number;
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
   * "(other)".
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
}
