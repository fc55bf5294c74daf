import type { CpuReport } from '../../model/cpu.js';
import type { PoolReport } from '../../model/pool-report.js';
import type { ReportData } from '../../model/report-data.js';
import type { SpanHeader } from './span-table.js';

/** A metric of two runs. */
export interface ComparedMetric {
  name: string;
  unit: 'ms' | 'per second' | 'share' | 'bytes' | 'count';
  a: number;
  b: number;
  /** b ÷ a, with its 95 % interval; null where one of both is 0, or the spread is unknown. */
  ratio: number | null;
  low: number | null;
  high: number | null;
  /** Whether a larger value is better; null if neither is. */
  more: boolean | null;
  how: string;
}

export interface Comparison {
  other: { startedAt: string; wallMs: number; node: string };
  groups: { name: string; metrics: ComparedMetric[] }[];
}

/** A pool of the page: spans and profiles lie in blocks of their own. */
export type PagePool = Omit<PoolReport, 'spans' | 'cpu'>;
export type PageReport = Omit<ReportData, 'pools' | 'parent'> & {
  pools: PagePool[];
  parent: Omit<ReportData['parent'], 'cpu'>;
};

/** The profiles of a page. */
export interface PageProfiles {
  pools: CpuReport[][];
  parent: CpuReport | null;
}

/** All that the page reads, except for blocks of bytes. */
export interface PageData {
  title: string;
  report: PageReport;
  /** One place a pool; null without spans. */
  spans: (SpanHeader | null)[];
  hasProfiles: boolean;
  comparison: Comparison | null;
  /** What the page holds less of than the report. */
  remarks: string[];
}

export const DATA_ID = 'page-data';
export const PROFILES_ID = 'page-profiles';
export const spansId = (pool: number): string => `page-spans-${pool}`;
