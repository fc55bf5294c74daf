import type { Curves } from '../../model/curves.js';
import type { PoolReport } from '../../model/pool-report.js';
import { type TraceEvent, us } from './events.js';

/** Curves that are counters, and the name of their track. */
const COUNTERS: readonly (readonly [name: string, curve: keyof Curves])[] = [
  ['tasks waiting', 'queued'],
  ['tasks not settled', 'unsettled'],
  ['workers busy', 'workersBusy'],
  ['workers up', 'workersUp'],
  ['loop of the program, share', 'parentLoop'],
  ['loops of workers, share', 'workerLoop'],
  ['memory of workers, bytes', 'workerRssBytes'],
  ['heap of workers, bytes', 'workerHeapBytes'],
  ['pauses of workers, ms', 'workerGcMs'],
];

/** Curves of the pool, one counter each. Windows without a reading are left out. */
export function* counterEvents({ curves }: PoolReport, pid: number, shift: number): Generator<TraceEvent> {
  for (const [name, curve] of COUNTERS) {
    const values = curves[curve];
    if (typeof values === 'number') continue;
    for (const [i, value] of values.entries()) {
      if (value === null || !Number.isFinite(value)) continue;
      yield { name, ph: 'C', pid, tid: 0, ts: us(shift + (curves.atMs[i] ?? 0)), args: { value } };
    }
  }
}
