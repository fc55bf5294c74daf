import type { DurationStats } from './durations.js';

/** Waits of handlers of one task name for one kind of operation of one peer. */
export interface IoReport extends DurationStats {
  task: string;
  kind: string;
  /** Host and port, or socket. */
  peer: string;
  operation: string;
  statement: string;
  what: 'use' | 'connect' | 'prepare';
  errors: number;
  bytesIn: number;
  bytesOut: number;
  /** Time with at least one open in a worker, summed over workers. */
  openMs: number;
  /** totalMs ÷ openMs: operations open at one time, on average. */
  meanConcurrency: number;
  /** Most open at one time in one worker. */
  peak: number;
  /** totalMs ÷ execution of the task name. More than 1 if operations overlap. */
  share: number;
}

/** Data of resources, from the adapters that publish it. Without adapters the list is empty. */
export interface ResourceReport {
  name: string;
  task: string;
  budget: number;
  open: number;
  peakInUse: number;
  acquire: DurationStats;
  usage: DurationStats;
  /** Part of the usage with a query or request under way, ms. */
  activeMs: number;
  created: number;
  createMs: number;
  uses: number;
  statements: { hits: number; misses: number; prepareMs: number; examples: string[] };
}
