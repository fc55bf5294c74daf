import type { Capacity } from './ledgers.js';

export interface WorkerReport {
  workerId: number;
  slot: number;
  tasks: number;
  failed: number;
  upMs: number;
  /** With at least one handler running. */
  busyMs: number;
  utilization: number;
  executionMs: number;
  /** From spawn to ready; null if it was ready before attach. */
  bootMs: number | null;
  exited: boolean;
  /** Why it ended; '' while it is up. */
  why: string;
  capacity: Capacity;
  /** Execution of its tries ÷ the mean of the same task names in all workers; null with fewer than 20 tries. */
  relativeTime: number | null;
  byTask: { task: string; count: number; totalMs: number; medianMs: number }[];
  gcMs: number;
  gcCount: number;
  gcWorstSecondMs: number;
  /** Longest time for which its event loop was kept from a turn. */
  loopDelayMaxMs: number;
  allocatedBytes: number;
  heapPeakBytes: number | null;
  heapLimitBytes: number | null;
  rssPeakBytes: number | null;
  cpuMs: number | null;
  /** Processor time of all threads of a worker process; null for a thread. */
  processCpuMs: number | null;
  /** Heap after full collections over time: slope in bytes a second with its 95 % interval; null with fewer than five. */
  heapFloor: { slope: number; low: number; high: number; points: [atMs: number, bytes: number][] } | null;
  firstTasksMs: number[];
}
