import type { Finding } from '../../../src/model/finding.js';
import type { PoolReport } from '../../../src/model/pool-report.js';
import type { Measured } from '../../../src/replay/record-of.js';
import type { RunRecord } from '../../../src/replay/run-record.js';
import type { Draw } from './draw.js';
import type { Simulated } from './simulated.js';

/** A random pool with one known cause. */
export interface Plant {
  record: RunRecord;
  /** What a profiler knows beside the ledgers: options, caches, resources, sections. Changes the report in place. */
  facts?: (measured: Measured, pool: PoolReport, run: Simulated) => void;
  /** The pool after the change that the finding asks for. It knows the truth, not the report. */
  fixed?: (finding: Finding) => RunRecord | null;
}

export type Planter = (draw: Draw) => Plant;

/** Value of the first advice with a number. */
export function numberOf({ advice }: Finding): number {
  return advice.map(({ value }) => value).find((value): value is number => typeof value === 'number') ?? 1;
}
