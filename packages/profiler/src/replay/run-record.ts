import type { Rows } from './rows.js';

/**
 * How tasks came. 'open': at times of their own. 'closed': `cap` at a time, the next one as soon as one is done. 'rounds': a number of
 * them together, and the next round when the last one of them is done.
 */
export type Arrivals =
  | { kind: 'open' }
  | { kind: 'closed'; cap: number; thinkMs: number }
  | { kind: 'rounds'; sizes: readonly number[]; thinkMs: number };

/** What a run was, as plain data: enough to let it happen again, with something changed. Times are ms since the pool's attach. */
export interface RunRecord {
  pool: string;
  names: string[];
  rows: Rows;
  arrivals: Arrivals;
  /** When each worker is ready first, and how much longer than others it takes: 1 is usual. */
  workers: { readyMs: number; slowdown: number }[];
  concurrency: number;
  /** Tasks sent to a worker beyond those running. */
  prefetch: number;
  /** Cores for this program; may be a fraction. */
  cores: number;
  /** Work that a thread loses for each surplus thread a core: 0 for none. */
  switching: number;
  recycle: { afterTasks: number; bootMs: number } | null;
  /** Time from a worker's death until its successor is ready. */
  rebootMs: number;
  /** What the program itself does on its main thread. */
  user: { atMs: number; ms: number }[];
  /** By task name. */
  byName: NameTerms[];
  /** Longest stretch of computing after which other tasks of a worker get their turn. Infinity: no task is interrupted. */
  sliceMs: number;
  /** From the first submit to the last settled promise in the recorded run, and the mean latency. */
  recorded: { startMs: number; makespanMs: number; meanLatencyMs: number };
  /** Tries of the run for each row: more than 1 if it was too long to keep them all. */
  weight: number;
  /** How well the rows are known. */
  source: 'spans' | 'sample' | 'curves';
}

export interface NameTerms {
  /** Most tasks at once in the pool. */
  limit: number;
  /** Growth of the execution with each further task of the name at work: log of the factor. */
  contention: number;
  /** Places of a resource that its waits need, and the part of a wait that holds one. */
  budget: number;
  holdShare: number;
}

export function usualTerms(): NameTerms {
  return { limit: Infinity, contention: 0, budget: Infinity, holdShare: 1 };
}
