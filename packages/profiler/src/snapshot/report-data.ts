import type { PoolKind, TraceOutcome } from '@millpond/core';
import type { Level } from '../options.js';
import type { SegmentId } from '../record/segments.js';

/** What `toJSON()` returns and `toText()` prints: plain data, all times in milliseconds, all shares 0 to 1. */
export interface ReportData {
  /** Raised if a field changes its meaning or is removed; new fields do not raise it. */
  version: 1;
  level: Level;
  /** Time of the profiler's construction, ISO 8601. A label only: durations come from a monotonic clock. */
  startedAt: string;
  /** From the profiler's construction to this report. */
  wallMs: number;
  node: string;
  platform: string;
  /** Cores that this process may use, as Node sees them. */
  cores: number;
  firstBottleneck: FirstBottleneck;
  pools: PoolReport[];
  parent: ParentReport;
  /** Sections of both sides, by self time. */
  bottlenecks: Bottleneck[];
}

/** The one thing that holds the most time, by measured shares. It does not say what mending it would gain. */
export interface FirstBottleneck {
  /**
   * 'boot': tasks wait for the first worker to be ready. 'workers': workers are busy, and tasks wait for them. 'dispatch': the
   * parent's main thread is busy, and the workers are not. 'execution': the handlers. 'queue': tasks wait though no worker is
   * busy. 'transport': encoding, decoding and the way there and back. 'parent': the program gives the pools too little to do.
   * 'none': nothing was measured.
   */
  kind: 'boot' | 'workers' | 'dispatch' | 'execution' | 'queue' | 'transport' | 'parent' | 'none';
  sentence: string;
  /** Share of this finding in the whole that the sentence names. */
  share: number;
  pool?: string;
  task?: string;
  /** Path of the section with most of the time, if one stands out. */
  section?: string[];
}

/** Distribution of durations. Count, total, mean, min and max are exact; percentiles are within 1.6 %. */
export interface DurationStats {
  count: number;
  totalMs: number;
  meanMs: number;
  minMs: number;
  maxMs: number;
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
}

export interface PoolReport {
  name: string;
  kind: PoolKind;
  /** From attach to this report. */
  wallMs: number;
  /** From attach to the first ready worker or submitted task; 0 if a worker was ready at attach. */
  bootMs: number;
  /** Part of the queue wait of all tries: the time before any worker was ready. */
  bootWaitMs: number;
  /** From the first submit to the last settled promise; 0 if nothing came back. */
  activeMs: number;
  /** Tries less retries. */
  tasks: number;
  tries: number;
  retries: number;
  outcomes: Record<TraceOutcome, number>;
  /** Tasks ÷ wall time. */
  tasksPerSecond: number;
  /** Mean number of tries between submit and settled, over the wall time. */
  meanInFlight: number;
  /** Busy time of all workers ÷ time they were up, 0 to 1. */
  utilization: number;
  /** Most workers up at one time. */
  peakWorkers: number;
  /** State of unsettled tasks at the end. They are in no other number here. */
  atEnd: { queued: number; dispatched: number };
  workers: WorkerReport[];
  /** Sums over ended workers, except the latest 256. */
  foldedWorkers: { workers: number; tasks: number; failed: number; executionMs: number; upMs: number; busyMs: number };
  byTask: TaskReport[];
  /** Sections timed by handlers, by self time. `share`: self time ÷ execution time of the task name. */
  sections: (SectionReport & { task: string })[];
  /** Tries whose stamps had to be put in order of time, and the largest correction. */
  clockDisorder: { tries: number; maxMs: number };
  /** Level 'trace' only: the ten slowest of the kept tries, slowest first. */
  slowest?: SlowTry[];
  /** Level 'trace' only. */
  traces?: TraceColumns;
}

/** Where the time of one task name went, over the tries that came back. */
export interface TaskReport {
  task: string;
  tries: number;
  retries: number;
  outcomes: Record<TraceOutcome, number>;
  /** From submit to settled. The nine segments add up to its total and to its mean; percentiles do not add. */
  latency: DurationStats;
  /** `share`: of the total latency. In order of time. */
  segments: Record<SegmentId, DurationStats & { share: number }>;
  /** Part of `queueWait` for which limits of the name held tries back: `rateLimit`, `concurrency`. */
  limitWait: DurationStats & { share: number };
  /** encode + transportIn + decode + workerWait of the same try. */
  wayIn: DurationStats & { share: number };
  /** reply + transportOut + settle of the same try. */
  wayOut: DurationStats & { share: number };
  /** Tries that did not come back, and what they spent in the segments they went through; in no other number. */
  incomplete: {
    count: number;
    outcomes: Record<TraceOutcome, number>;
    segments: Record<SegmentId, { count: number; totalMs: number }>;
  };
}

export interface WorkerReport {
  workerId: number;
  /** Tries that came back from it. */
  tasks: number;
  failed: number;
  /** From ready, or attach if later, to exit, or the report. */
  upMs: number;
  /** With at least one handler running. Only tries that came back count. */
  busyMs: number;
  /** busyMs ÷ upMs. */
  utilization: number;
  /** Sum over tries; more than busyMs when several ran at once. */
  executionMs: number;
  /** From spawn to ready: load, `setup`, `warmup` and warm-up tasks. Null if it was ready before attach. */
  bootMs: number | null;
  exited: boolean;
}

/** One section, merged over all workers. */
export interface SectionReport extends DurationStats {
  name: string;
  /** Names from the outermost section inwards. */
  path: string[];
  /** totalMs less the time of the sections inside it. */
  selfMs: number;
  share: number;
}

export interface ParentReport {
  /** Share of the wall time in which the event loop of the program's main thread was not idle (event-loop utilization). */
  busyShare: number;
  /** By self time. `share`: self time ÷ self time of all sections of the parent. */
  sections: SectionReport[];
  /** Paths of sections still open; their time is in no number. */
  open: string[][];
}

/**
 * One section as a candidate. `share` in the parent: its self time ÷ the self time of all parent sections. `share` in workers: its
 * self time ÷ the execution time of all tasks of all attached pools. If the self time of all worker sections is larger, it is the
 * divisor. It is larger when sections of one handler overlap. On each side shares add up to at most 1; in workers the rest is
 * execution outside of sections.
 */
export interface Bottleneck {
  name: string;
  path: string[];
  where: 'parent' | 'worker';
  /** Workers only. */
  pool?: string;
  /** Workers only. */
  task?: string;
  totalMs: number;
  selfMs: number;
  share: number;
  count: number;
  meanMs: number;
  p99Ms: number;
}

export interface SlowTry {
  taskId: number;
  task: string;
  attempt: number;
  workerId: number;
  outcome: TraceOutcome;
  latencyMs: number;
  segments: Record<SegmentId, number>;
}

/** The kept tries, one column per field, oldest first. */
export interface TraceColumns {
  kept: number;
  /** Number of older tries that were overwritten. */
  dropped: number;
  taskId: number[];
  task: string[];
  attempt: number[];
  workerId: number[];
  outcome: TraceOutcome[];
  /** t0 to t9 since attach, to 0.1 µs; null for stamps that the try did not reach. */
  stamps: (number | null)[][];
}
