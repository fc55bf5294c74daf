import type { Bottleneck, FirstBottleneck, PoolReport, SectionReport } from './report-data.js';

// Evidence and findings of the rule in verdict.ts, which verdict-words.ts puts into words.

/** Evidence for the rule. All of it is in the report as well. */
export interface Evidence {
  wallMs: number;
  /** Event-loop utilization of the parent, 0 to 1. */
  parentBusyShare: number;
  parentSections: readonly SectionReport[];
  pools: readonly PoolReport[];
  bottlenecks: readonly Bottleneck[];
}

/** The latency of all tasks of one pool, in its three parts. Milliseconds. */
export interface Parts {
  pool: PoolReport;
  wholeMs: number;
  executionMs: number;
  waitingMs: number;
  /** Part of it for which limits of task names held tasks back. */
  limitMs: number;
  transportMs: number;
}

/** A verdict before it is put into words. */
export type Finding = Omit<FirstBottleneck, 'sentence'>;
