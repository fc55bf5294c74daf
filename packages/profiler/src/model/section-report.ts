import type { DurationStats } from './durations.js';

/** One section, merged over all workers. */
export interface SectionReport extends DurationStats {
  name: string;
  /** Names from the outermost section inwards. */
  path: string[];
  /** totalMs less the time of the sections inside it. */
  selfMs: number;
  /** Parts of selfMs up to the return of its function, and after that. Both are 0 for sections that are ended by hand. */
  calledMs: number;
  awaitedMs: number;
  stddevMs: number;
  /** selfMs ÷ execution time of the task name, or ÷ self time of all sections of the parent. */
  share: number;
  errors: number;
  counters: Record<string, number>;
  /** Growth of memory, bytes in sum; null if not measured. `shared`: calls during which other tasks ran too. */
  memory: { heapBytes: number; externalBytes: number; rssBytes: number; shared: number } | null;
  /** Operations of it open at one time. */
  meanConcurrency: number;
  peak: number;
  /** Self time by worker; at most 64. */
  byWorker: { workerId: number; count: number; selfMs: number }[];
}
