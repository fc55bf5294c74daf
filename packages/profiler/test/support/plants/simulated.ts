import type { RunRecord } from '../../../src/replay/run-record.js';
import { type Played, Simulation } from '../../../src/replay/simulation.js';
import { LedgerMeter } from './ledger-meter.js';

/** A simulated run with all that was seen of it. */
export interface Simulated {
  record: RunRecord;
  played: Played;
  stamps: Float64Array;
  worker: Int32Array;
  meter: LedgerMeter;
  /** Whether a further try followed. */
  isRetried: Uint8Array;
}

export function simulate(record: RunRecord): Simulated {
  const meter = new LedgerMeter(record);
  const simulation = new Simulation(record, { meter, stamps: true });
  simulation.main.onBegin = (job, index) => {
    if (job === 'dispatch') simulation.stampAt(index, 1);
    if (job === 'settle') simulation.stampAt(index, 8);
  };
  const played = simulation.run();
  const isRetried = new Uint8Array(record.rows.count);
  for (const after of record.rows.after) if (after >= 0) isRetried[after] = 1;
  return { record, played, stamps: simulation.stamps!, worker: simulation.worker, meter, isRetried };
}
