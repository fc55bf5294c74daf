import { play, type Replay } from './play.js';
import { copyRows } from './rows.js';
import type { RunRecord } from './run-record.js';

/** A record whose replay takes as long as the run did, and how far it is off. */
export interface Calibrated {
  record: RunRecord;
  base: Replay;
  /** |replayed − recorded| ÷ recorded, of the length and of the latency. */
  lengthError: number;
  latencyError: number;
}

/** From this error on, waits are tried that are shorter. */
const CLOSE = 0.05;

/** From this share of the ready time of handlers on a core, the replay keeps its cores. */
const SELDOM_WAITED = 0.8;

/**
 * Other programs take cores without a trace in the report. Then fewer cores make the replay as long as the run was. The search has a floor:
 * threads that had a core for `onCore` of their ready time had as many cores. Below it, a stall of the machine would pass for a
 * lack of cores. Nothing but cores would then seem to help.
 */
function withCores(plain: Calibrated, onCore: number): Calibrated {
  let best = plain;
  const { record } = plain;
  const wholeMs = record.recorded.makespanMs * record.weight;
  // Workers that start one after another compute as well, and a replay without them has these cores.
  if (onCore >= SELDOM_WAITED || record.recycle !== null || plain.base.makespanMs > 0.95 * wholeMs) return best;
  let [low, high] = [Math.min(record.cores, Math.max(0.05, (record.workers.length * onCore) / 2)), record.cores];
  for (let step = 0; step < 8 && best.lengthError > CLOSE; step++) {
    const cores = (low + high) / 2;
    const tried = judged({ ...record, cores });
    if (tried.lengthError < best.lengthError) best = tried;
    if (tried.base.makespanMs < wholeMs) high = cores;
    else low = cores;
  }
  return best;
}

/**
 * Replays a run as it was. Where several tasks share a worker, their recorded waits hold the time for which they waited for its thread.
 * Waits for native threads hold the time for which these had no core. The replay makes both anew, so waits are shortened until the
 * lengths agree.
 * @param onCore part of its ready time for which a handler had a core, 0 to 1; 1 where cores stood idle
 */
export function calibrate(record: RunRecord, onCore = 1): Calibrated {
  let best = withCores(judged(record), onCore);
  if (record.concurrency <= 1 && !hasNativeWork(record)) return best;
  let [low, high] = [0, 1];
  for (let step = 0; step < 6 && errorOf(best) > CLOSE; step++) {
    const scale = (low + high) / 2;
    const tried = judged(withWaits(record, scale));
    if (errorOf(tried) < errorOf(best)) best = tried;
    if (tried.base.meanLatencyMs > record.recorded.meanLatencyMs) high = scale;
    else low = scale;
  }
  return best;
}

function judged(record: RunRecord): Calibrated {
  const base = play(record);
  const { makespanMs, meanLatencyMs } = record.recorded;
  return {
    record,
    base,
    lengthError: errorBetween(base.makespanMs, makespanMs * record.weight),
    // Rows that stand for several tries run on a shorter axis. There a wait in the queue is as much shorter, and an execution is not.
    latencyError: Math.min(
      errorBetween(base.meanLatencyMs, meanLatencyMs),
      errorBetween(base.meanLatencyMs * record.weight, meanLatencyMs),
    ),
  };
}

function errorOf({ lengthError, latencyError }: Calibrated): number {
  return Math.max(lengthError, latencyError);
}

function errorBetween(found: number, wanted: number): number {
  return wanted > 0 ? Math.abs(found - wanted) / wanted : 0;
}

function withWaits(record: RunRecord, scale: number): RunRecord {
  const rows = copyRows(record.rows);
  for (let row = 0; row < rows.count; row++) rows.wait[row]! *= scale;
  return { ...record, rows };
}

function hasNativeWork({ rows }: RunRecord): boolean {
  return rows.native.some((ms) => ms > 0);
}
