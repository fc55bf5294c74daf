import type { ComparedMetric, ComparisonVerdict } from '../../compare/comparison.js';
import type { CpuReport } from '../../model/cpu.js';
import type { PoolReport } from '../../model/pool-report.js';
import type { ReportData } from '../../model/report-data.js';
import type { SpanHeader } from './span-table.js';

/** The report beside another one, as `compare` has it. */
export interface PageComparison {
  other: { startedAt: string; wallMs: number; node: string };
  verdict: ComparisonVerdict;
  metrics: ComparedMetric[];
  remarks: string[];
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
  comparison: PageComparison | null;
  /** What the page holds less of than the report. */
  remarks: string[];
}

export const DATA_ID = 'page-data';
export const PROFILES_ID = 'page-profiles';
export const spansId = (pool: number): string => `page-spans-${pool}`;
