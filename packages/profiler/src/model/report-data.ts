import type { CpuReport, HeapReport } from './cpu.js';
import type { Mark } from './curves.js';
import type { Finding, Verdict } from './finding.js';
import type { DispatcherLedger } from './ledgers.js';
import type { PoolReport } from './pool-report.js';
import type { SectionReport } from './section-report.js';

export type Level = 'off' | 'stats' | 'trace' | 'cpu';

/** All of a report: plain data, all times in ms, all shares 0 to 1. Every output is made from it, and from nothing else. */
export interface ReportData {
  /** Raised if a field changes its meaning or is removed; new fields do not raise it. */
  version: 2;
  run: RunInfo;
  verdict: Verdict;
  /** Causes by predicted saving, risks before them where they come first. */
  findings: Finding[];
  /** Findings that are too small to act on. */
  notes: Finding[];
  /** Ids that the caller muted, with the number of findings left out. */
  muted: { id: string; count: number }[];
  pools: PoolReport[];
  parent: ParentReport;
  /** Sections of both sides, by self time. */
  bottlenecks: Bottleneck[];
  quality: DataQuality;
}

export interface RunInfo {
  level: Level;
  /** Time of the profiler's construction, ISO 8601. A label only: durations come from a monotonic clock. */
  startedAt: string;
  /** From the profiler's construction to this report. */
  wallMs: number;
  node: string;
  platform: string;
  /** Cores that this process may use, by CPU affinity and the quotas of its control groups; may be a fraction. */
  cores: number;
  /** Memory that it may use, bytes; null if unknown. */
  memoryBytes: number | null;
  /** Node's own flags of the program. */
  execArgv: string[];
  /** Cores that the program used with all its workers and their native threads; null at level 'off'. */
  programCores: number | null;
  /** Cores that others used, 0 to `cores`: other programs, and child processes of handlers. Null if unknown. */
  otherCores: number | null;
}

/** What must be known to judge the numbers. */
export interface DataQuality {
  /** Tries without a place, by reason. */
  dropped: { what: string; count: number; why: string }[];
  clockAnomalies: { tries: number; maxMs: number };
  unattributedShare: number;
  /** |L − λ · latency| ÷ L: Little's law; null with too few tries. */
  littleError: number | null;
  /** Own time, ms: main thread and workers. */
  profilerMs: { parent: number; workers: number };
  /** What this system cannot measure. */
  missing: string[];
  /** Anything else worth a line: unbalanced sections, unknown payloads, folded names. */
  remarks: string[];
}

export interface ParentReport {
  /** Share of the wall time in which the event loop of the program's main thread was not idle (event-loop utilization). */
  busyShare: number;
  ledger: DispatcherLedger;
  /** By self time. */
  sections: SectionReport[];
  /** Paths of sections still open; their time is in no number. */
  open: string[][];
  marks: Mark[];
  cpu?: CpuReport;
  heap?: HeapReport;
}

/**
 * One section as a candidate. Shares are those of its side. In the parent the whole is the self time of all sections. In workers it is
 * the execution time of all tasks of all attached pools. If the self time of all worker sections is larger, it is the whole. It is larger
 * when sections of one handler overlap. On each side shares add up to at most 1; in workers the rest is execution outside of sections.
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
  totalShare: number;
  count: number;
  meanMs: number;
  p99Ms: number;
  /** Growth of heap and external memory, without that of the sections inside, bytes in sum; null if not measured. */
  memoryBytes: number | null;
  /** Part of the growth of all sections of its side that grew. */
  memoryShare: number | null;
}
