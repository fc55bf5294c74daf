import type { PressureLevel } from './worker-module.js';

/** Settings of `relieve`. */
export interface ReliefOptions {
  /**
   * Longest wait for a worker, in milliseconds, 1 or more. Half of it is for its hook. A worker in synchronous code answers when
   * that ends. @defaultValue 5000
   */
  timeoutMs?: number;
}

/** What one worker has freed. */
export interface WorkerRelief {
  workerId: number;
  /** Its `ctx.slot`. */
  slot: number;
  /**
   * 'relieved': it has answered. 'late': it had not answered in time, and may still free memory. 'gone': it has ended meanwhile.
   */
  outcome: 'relieved' | 'late' | 'gone';
  /**
   * What became of its `onMemoryPressure`. 'late': it had not ended when its time was over. 'none': there is none, or no answer.
   */
  hook: 'none' | 'done' | 'failed' | 'late';
  /** Whether its garbage was collected. That needs `execArgv: ['--expose-gc']`. */
  collected: boolean;
  /**
   * Memory before and after: resident memory of a process, heap and buffers of a thread. For kind 'inline' it is that of the
   * program. Without an answer, both are its last report.
   */
  beforeBytes: number;
  afterBytes: number;
  /** Heap in use before and after; 0 without an answer. */
  heapBeforeBytes: number;
  heapAfterBytes: number;
  /** beforeBytes − afterBytes, and 0 where it has grown. */
  freedBytes: number;
}

/** What `relieve` has freed. */
export interface PoolRelief {
  level: PressureLevel;
  /** Bytes of results that the cache gave up. */
  cacheBytes: number;
  /** Sum over the workers. */
  freedBytes: number;
  workers: WorkerRelief[];
}
