import type {
  BatchStats,
  BreakerStats,
  CacheCounts,
  MemoryStats,
  PoolHealth,
  PoolKind,
  PoolStats,
  SizingStats,
  TaskCounts,
  WorkerStateName,
} from '@millpond/core';
import type { Finding, Verdict } from '../model/finding.js';
import type { Level } from '../model/report-data.js';

/** All that the live page shows at one moment: plain data, times in ms. */
export interface LiveState {
  /** Moment of this state, ms since the profiler's construction. */
  atMs: number;
  run: { level: Level; startedAt: string; node: string; platform: string; cores: number; pid: number };
  /** What the report says so far; null before the first one. */
  report: LiveReport | null;
  parent: { rssBytes: number; heapBytes: number; loopShare: number };
  pools: LivePool[];
  /** What could not be read, in sentences. */
  problems: string[];
}

/** The verdict card. */
export interface LiveReport {
  /** Moment of the measurements behind it, ms since the profiler's construction. */
  atMs: number;
  verdict: Verdict;
  /** First ones only. */
  findings: Pick<Finding, 'id' | 'title' | 'text' | 'kind' | 'confidence' | 'saving' | 'advice'>[];
  /** What must be known to judge the numbers. */
  quality: string[];
}

export interface LivePool {
  name: string;
  kind: PoolKind;
  state: PoolStats['state'];
  paused: boolean;
  health: PoolHealth | null;
  tasks: TaskCounts;
  /** Completed and failed tasks a second over the latest 10 s. */
  perSecond: number;
  utilization: number;
  counts: PoolStats['workers'];
  sizing: SizingStats;
  /** Latest changes of the number of workers and of their concurrency, oldest first. */
  decisions: SizingDecision[];
  memory: MemoryStats | null;
  workers: LiveWorker[];
  byTask: LiveTask[];
  cache:
    | (Pick<CacheCounts, 'entries' | 'bytes' | 'hits' | 'misses' | 'stale' | 'hitRate' | 'savedMs'> & {
        evicted: number;
      })
    | null;
  /** Workers and task names that the lists leave out. */
  more: { workers: number; tasks: number };
}

export interface SizingDecision {
  atMs: number;
  what: 'workers' | 'concurrency';
  from: number;
  to: number;
  reason: string;
}

export interface LiveWorker {
  id: number;
  slot: number;
  state: WorkerStateName;
  tasksDone: number;
  running: number;
  dispatched: number;
  ageS: number;
  rssBytes: number;
  heapBytes: number;
  cpu: number;
  elu: number;
}

export interface LiveTask {
  task: string;
  completed: number;
  failed: number;
  p50Ms: number;
  p99Ms: number;
  waitP50Ms: number;
  /** Undefined members of `stats()` are null here, because JSON has no undefined. */
  breaker: BreakerStats | null;
  batch: BatchStats | null;
  /** Tries that limits of the name held back, and their mean wait, ms. */
  limit: { count: number; meanMs: number; p99Ms: number } | null;
  cache: { hits: number; misses: number; hitRate: number } | null;
}

/**
 * Tries of a worker as a block of the task stream. A failed one has a 1. Times are in ms
 * since the profiler's construction. Neighbours of one name and outcome are one block.
 */
export type TryBlock = [
  pool: number,
  workerId: number,
  fromMs: number,
  toMs: number,
  task: string,
  failed: 0 | 1,
  tries: number,
];

export interface TrySlice {
  /** To ask for the blocks after these. */
  cursor: number;
  blocks: TryBlock[];
  /** Tries since then that are in no block: too many, or too long ago. */
  lost: number;
}

/** Where the live page has its data from. Nothing of it throws. */
export interface LiveSource {
  snapshot(): LiveState;
  /** Blocks after a cursor of before, oldest first; 0 for all that are kept. */
  tries(after: number): TrySlice;
  /** Lets go of what it listens to. */
  close(): void;
}
