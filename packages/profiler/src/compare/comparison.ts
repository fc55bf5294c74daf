import type { ReportData } from '../model/report-data.js';
import type { MetricUnit } from './metrics.js';

/** A report, or what has one. */
export type Comparable = ReportData | { toJSON(): ReportData };

/**
 * 'faster' and 'slower' stand for better and worse: less memory is 'faster', too. 'no change': the interval is narrow, and has 1 in
 * it, or the difference is below `leastChange`. 'cannot tell': the interval is wide, or there is none.
 */
export type ComparisonVerdict = 'faster' | 'slower' | 'no change' | 'cannot tell';

export interface ComparedMetric {
  name: string;
  pool: string;
  /** '' for a figure of the pool. */
  task: string;
  unit: MetricUnit;
  /** Whether more is better; null if neither is, and then it decides nothing. */
  more: boolean | null;
  a: number;
  b: number;
  /** b ÷ a; null if a is 0. */
  ratio: number | null;
  /** Bounds of the ratio that hold in 95 % of all pairs; null without a spread. */
  low: number | null;
  high: number | null;
  verdict: ComparisonVerdict;
  /** Where the interval comes from. */
  how: string;
}

export interface CompareOptions {
  /** Differences below this share are no change, however certain they are. 0 to 1. @defaultValue 0.03 */
  leastChange?: number;
  /** Names of figures that do not matter, as `gc`. @defaultValue none */
  ignore?: readonly string[];
}

/** Two versions of a run side by side. */
export interface Comparison {
  version: 1;
  /** 'slower' if any metric is, else 'faster' if any is. Otherwise 'no change' if most metrics say that. */
  verdict: ComparisonVerdict;
  /** 1 if a metric is slower beyond noise, else 0. For `process.exitCode`. */
  exitCode: 0 | 1;
  runs: { a: number; b: number };
  metrics: ComparedMetric[];
  /** Pools and task names that only one side has. */
  unmatched: { side: 'a' | 'b'; pool: string; task: string }[];
  /** What must be known to judge the numbers. */
  remarks: string[];
  toText(): string;
  toJSON(): object;
}
