import { sortedQuantile } from '../statistics/quantile.js';
import { handlerMs } from './rows.js';
import type { RunRecord } from './run-record.js';
import { Simulation } from './simulation.js';

/** What a replay says of a run. */
export interface Replay {
  /** First submit to last settled promise, of the run that the record stands for. */
  makespanMs: number;
  meanLatencyMs: number;
  p99LatencyMs: number;
  settled: number;
}

export function play(record: RunRecord): Replay {
  const { startMs, endMs, latencyMs, settled } = new Simulation(record).run();
  // The program's own work stays, whenever it comes: a consumer of results does as much for each.
  const ownMs = record.user.reduce((sum, { ms }) => sum + ms, 0);
  const known = latencyMs.filter((each) => !Number.isNaN(each));
  const sorted = known.sort();
  const total = sorted.reduce((sum, each) => sum + each, 0);
  return {
    makespanMs: Math.max(endMs - startMs, ownMs) * record.weight,
    meanLatencyMs: settled === 0 ? 0 : total / Math.max(1, sorted.length),
    p99LatencyMs: sortedQuantile(sorted, 0.99),
    settled,
  };
}

/** What counts for a run: its length where work waits to be done, else the latency of a call. */
export type Goal = 'makespan' | 'latency';

/** Share of a run after the last submit from which on its length counts. */
const DRAIN = 0.1;

/**
 * Pauses between calls, of at least this part of the time after the last one, that make them bursts. Calls before a batch make none: the last burst
 * has no more than this part of all calls.
 */
const PAUSE = 0.5;
const LEAST_PAUSES = 2;
const LAST_BURST = 0.5;

/** Calls that come at times of their own end when they end: then only their latency can change. */
export function goalOf(record: RunRecord): Goal {
  if (record.arrivals.kind !== 'open') return 'makespan';
  const { rows, recorded } = record;
  // A further try comes when the one before it has failed, not when the program wants it.
  const calls = rows.at.filter((_, row) => rows.after[row] === -1).sort();
  const lastMs = calls.at(-1) ?? 0;
  const drainMs = recorded.startMs + recorded.makespanMs - lastMs;
  // The last one of several bursts takes no longer to be done than those before it.
  const bursts = Array.from(calls.keys()).filter((i) => i > 0 && calls[i]! - calls[i - 1]! >= PAUSE * drainMs);
  const inLast = calls.length - (bursts.at(-1) ?? 0);
  if (bursts.length >= LEAST_PAUSES && inLast <= LAST_BURST * calls.length) return 'latency';
  let workMs = 0;
  for (let row = 0; row < rows.count; row++) workMs += handlerMs(rows, row);
  // The last call alone always takes its time.
  const lengthMs = workMs / Math.max(1, rows.count);
  return drainMs - 2 * lengthMs >= DRAIN * recorded.makespanMs ? 'makespan' : 'latency';
}
