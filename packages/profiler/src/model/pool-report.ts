import type { PoolKind, TraceOutcome } from '@millpond/core';
import type { CpuReport, HeapReport } from './cpu.js';
import type { Curves, LatencyHeatmap, Mark } from './curves.js';
import type { DurationStats } from './durations.js';
import type { IoReport, ResourceReport } from './io.js';
import type { Capacity, CapacityLedger } from './ledgers.js';
import type { SectionReport } from './section-report.js';
import type { SegmentId } from './segments.js';
import type { SpanColumns } from './spans.js';
import type { TaskReport } from './task-report.js';
import type { WorkerReport } from './worker-report.js';

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
  tasks: number;
  tries: number;
  retries: number;
  outcomes: Record<TraceOutcome, number>;
  tasksPerSecond: number;
  /** Mean number of tries between submit and settled, over the wall time. */
  meanInFlight: number;
  /** What the program took for its loops over `map`, ms: for inputs, and in their bodies. Beside it the number of inputs. */
  loops: { sourceMs: number; readerMs: number; inputs: number };
  /** Whether calls had a `key`, which binds them to a worker. */
  hasKeys: boolean;
  /** Time from the latest settling until each submit, as far as both are known: short where results bring about submits. */
  submitGaps?: { count: number; p50Ms: number; p85Ms: number };
  /** Most tries between submit and settled. */
  peakInFlight: number;
  /** Time with a handler running ÷ time that workers were up. */
  utilization: number;
  peakWorkers: number;
  /** State of unsettled tasks at the end. They are in no other number here. */
  atEnd: {
    queued: number;
    dispatched: number;
    /** Workers that did not send their last measurements in time: a handler holds their thread. */
    silentWorkers: number;
    /** Handlers that still ran, those that had run longest first, and for how long, ms; at most 20. */
    running: { task: string; workerId: number; ms: number }[];
  };
  capacity: CapacityLedger;
  asked: Asked;
  workers: WorkerReport[];
  /** Sums over ended workers, except the latest 256. */
  foldedWorkers: {
    workers: number;
    tasks: number;
    failed: number;
    executionMs: number;
    upMs: number;
    busyMs: number;
    capacity: Capacity;
  };
  byTask: TaskReport[];
  /** Sections timed by handlers, by self time. */
  sections: (SectionReport & { task: string })[];
  io: IoReport[];
  resources: ResourceReport[];
  cache: CacheReport[];
  batches: BatchReport[];
  /** Deaths of workers. */
  deaths: { workerId: number; atMs: number; why: string; section: string; lostMs: number }[];
  /** Changes of the number of workers or of the concurrency. */
  sizing: { atMs: number; from: number; to: number; reason: string }[];
  curves: Curves;
  heatmaps: LatencyHeatmap[];
  /** The run replayed with other numbers of workers; ciMs: 95 % interval. Undefined if no replay was made. */
  scaling?: { workers: number; wallMs: number; ciMs: [low: number, high: number] | null }[];
  marks: Mark[];
  /** The slowest tries, slowest first; at most 50. */
  slowest: SlowTry[];
  /** Level 'trace' and above. */
  spans?: SpanColumns;
  /** Level 'cpu'. Merged first, then each worker. */
  cpu?: CpuReport[];
  heap?: HeapReport[];
}

/** What was asked for against what was used. */
export interface Asked {
  workers: { min: number; max: number; wanted: number; meanBusy: number; peak: number; isSet: boolean };
  concurrency: { max: number; now: number; meanRunning: number; isSet: boolean };
  prefetch: { value: number | 'auto'; isSet: boolean };
  /** Limits of the heap in a worker, and the largest use, bytes; null if unknown. */
  heap: { limitBytes: number | null; peakBytes: number | null };
  /** Memory of one worker and of the pool, bytes; null if unknown. */
  memory: { limitBytes: number | null; peakBytes: number | null; perWorkerBytes: number | null };
  /**
   * Cores that workers used: `meanUsed` by threads that run handlers, `meanNative` by all others of theirs. Those are libuv's (file system,
   * zlib, crypto) and V8's helpers. Null if unknown.
   */
  cores: { available: number; meanUsed: number | null; meanNative: number | null; nativeThreads: number };
  /** `refused`: calls that found it full. They are no tries. */
  queue: { max: number | null; peak: number; refused: number };
  recycle: { afterTasks: number | null; isSet: boolean };
  codec: string;
  /** Options that the program has set, by path. */
  set: string[];
}

export interface SlowTry {
  taskId: number;
  task: string;
  attempt: number;
  workerId: number;
  outcome: TraceOutcome;
  /** Submit since the pool's attach, ms. */
  atMs: number;
  latencyMs: number;
  segments: Record<SegmentId, number>;
  inputBytes: number;
  outputBytes: number;
}

export interface CacheReport {
  task: string;
  lookups: number;
  hits: number;
  stale: number;
  coalesced: number;
  misses: number;
  evicted: number;
  /** Mean execution of a miss, and mean cost of a look-up, ms. */
  missMs: number;
  lookupMs: number;
  /** Two keys that were looked up once each, as examples of keys that never repeat. */
  exampleKeys: string[];
  /** Execution of repeated inputs, ms, which a cache would have saved. Estimated from one key in 16; null if not measured. */
  repeatedMs: number | null;
  /** Distinct inputs, about; null if unknown. */
  inputs: number | null;
}

export interface BatchReport {
  task: string;
  batches: number;
  items: number;
  /** items ÷ batches ÷ size. */
  fillShare: number;
  size: number;
  maxWaitMs: number;
  waitMs: DurationStats;
  byReason: Record<string, number>;
}
