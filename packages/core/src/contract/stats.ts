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

/** Where the tasks of a pool stand. At every moment submitted = queued + running + completed + failed + cancelled. */
export interface TaskCounts {
  submitted: number;
  /** Waiting in the pool, for a worker or for their next try. */
  queued: number;
  /** Handed to a worker and unsettled; some may still wait inside it. */
  running: number;
  completed: number;
  /** Rejected for any reason but the caller's own cancellation; timedOut is part of it. */
  failed: number;
  cancelled: number;
  timedOut: number;
  /** Further tries begun, whatever became of them. */
  retried: number;
  /** Times a task is known to have ended its worker: it alone had begun there, or its input was being decoded. Suspects are not counted. */
  crashed: number;
}

/** Milliseconds tasks spent. wait: from submit to the handler's start. run: the handler. total: until the result was back. */
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
  /** What they do, by the last reports of their workers. Undefined before these. */
  detected: DetectedWorkload | undefined;
}

export type PoolStateName = 'open' | 'closing' | 'closed' | 'failed';
export type WorkerStateName = 'starting' | 'warming' | 'idle' | 'busy' | 'draining' | 'stopping' | 'exited';

/** One live worker. The last four are its own report, a quarter of a second old at most while it works; 0 before the first. */
export interface WorkerStats {
  id: number;
  /** Of a process only. */
  pid: number | undefined;
  /** Of a thread only. */
  threadId: number | undefined;
  state: WorkerStateName;
  tasksDone: number;
  /** Handed to it and unsettled. */
  running: number;
  ageMs: number;
  /** From its spawn until it took tasks: load, `setup`, `warmup` and warm-up tasks. 0 until then. */
  bootMs: number;
  /** Resident memory of a process, as the system told it last, or the worker itself; heap and buffers of a thread. */
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
  /** Execution time that hits did not have to spend again, in milliseconds. */
  savedMs: number;
}

/**
 * What a task costs this program's own thread, and what it takes off that thread: averages of the latest thousands of tasks, all
 * names together. Where the first is larger, a plain call is cheaper, and leaves the event loop more time.
 */
export interface BalanceStats {
  /**
   * Time of this thread for a task: encoding its input, handing it out, reading its result. What Node itself does beside that
   * (system calls of its event loop, promises, garbage) is not in it, so it is a lower bound.
   */
  handOverMs: number;
  /** Time for which a task's handler had its worker's event loop, without waiting. */
  handlerMs: number;
  /** What to do about it, as a sentence; undefined while the pool takes off more than it costs. */
  advice: string | undefined;
}

/** How large the pool is, and why. */
export interface SizingStats {
  /** Workers wanted, and between what that may move. */
  workers: number;
  min: number;
  max: number;
  /** Tasks running at once in one worker. */
  concurrency: number;
  /** What tasks do, all names together, as far as it was seen. Undefined before that, and where nothing is left to be chosen. */
  detected: DetectedWorkload | undefined;
  /** Why these numbers. */
  reason: string;
}

/** How short memory is. */
export interface MemoryStats {
  /**
   * Where it is scarcest: in this control group or one above it, on the machine, or of the option `memory.limitBytes`. On a
   * machine that does not tell what is available (macOS) what is used is what this program and its workers use.
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
  /** By name. An object without a prototype, so that every name is only what was called. */
  byTask: { [name: string]: TaskStats };
  /** Execution time ÷ (ready workers × concurrency × wall time) since the pool began, 0 to 1. */
  utilization: number;
  /** Whether tasks are worth handing over. Undefined before about 2,000 of them, and for kind 'inline'. */
  balance: BalanceStats | undefined;
  sizing: SizingStats;
  /** As of the last reading: while there is work, a second old at most. Undefined before the first worker was started. */
  memory: MemoryStats | undefined;
  /** Results that came too late: second ones, and those of tasks that had been cancelled or had timed out. */
  ignoredResults: number;
  /** Values of `ctx.progress` that arrived nowhere: dropped for newer ones, or not readable by a codec of your own. */
  droppedProgress: number;
  cache: CacheStats | undefined;
}
