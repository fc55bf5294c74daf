import type { Finding } from '../model/finding.js';
import type { Calibrated } from '../replay/calibrate.js';
import { type Goal, play, type Replay } from '../replay/play.js';
import { pickRows, type Rows } from '../replay/rows.js';
import type { RunRecord } from '../replay/run-record.js';
import type { WhatIf } from '../replay/what-if.js';
import { blockPlaces } from '../statistics/bootstrap.js';
import { mean } from '../statistics/quantile.js';
import { randomFrom } from '../statistics/random.js';

type Saving = NonNullable<Finding['saving']>;

/** Rounds, and rows of each, by which the interval of a saving is found. */
const ROUNDS = 12;
const ROWS = 1500;
const BLOCKS = 12;

/** Part of the length, or of the latency, that a run without something is shorter. Negative if it is longer. */
function savedShare(base: Replay, without: Replay, goal: Goal): number {
  const [before, after] =
    goal === 'makespan' ? [base.makespanMs, without.makespanMs] : [base.meanLatencyMs, without.meanLatencyMs];
  return before > 0 && without.settled > 0 ? 1 - after / before : 0;
}

/** Replays the run without something; 0 if that does not apply. */
export function shareWithout({ record, base }: Calibrated, without: WhatIf, goal: Goal): number {
  const changed = without(record);
  return changed === null ? 0 : savedShare(base, play(changed), goal);
}

/**
 * A saving with its 95 % interval. Blocks of neighbouring tasks are drawn again and again, and such runs are replayed with and without
 * the cause. They are shorter than the run, so their spread is larger by the root of the ratio.
 */
export function savingOf(calibrated: Calibrated, without: WhatIf, goal: Goal, share: number): Saving {
  const { record } = calibrated;
  const wholeMs = goal === 'makespan' ? record.recorded.makespanMs * record.weight : record.recorded.meanLatencyMs;
  const random = randomFrom(7);
  const found: number[] = [];
  const count = Math.min(ROWS, record.rows.count);
  for (let round = 0; round < ROUNDS && record.rows.count >= 2 * BLOCKS; round++) {
    const places = blockPlaces(record.rows.count, count, Math.ceil(count / BLOCKS), random);
    const sample = { ...record, rows: laidOut(record.rows, places) };
    const changed = without(sample);
    if (changed !== null) found.push(savedShare(play(sample), play(changed), goal));
  }
  const middle = mean(found);
  const variance = found.reduce((sum, each) => sum + (each - middle) ** 2, 0) / Math.max(1, found.length - 1);
  const half = 1.96 * Math.sqrt((variance * count) / record.rows.count);
  const [low, high] = [share - half, Math.min(1, share + half)];
  return {
    ms: share * wholeMs,
    share,
    ciMs: [low * wholeMs, high * wholeMs],
    of: goal === 'makespan' ? 'run' : 'call',
  };
}

/** Rows of the blocks, one block after the other. Gaps between submits within a block stay. */
function laidOut(rows: Rows, places: readonly number[]): Rows {
  const picked = pickRows(rows, places);
  const meanGap = ((rows.at[rows.count - 1] ?? 0) - (rows.at[0] ?? 0)) / Math.max(1, rows.count - 1);
  let at = rows.at[0] ?? 0;
  for (const [i, place] of places.entries()) {
    const isNext = i > 0 && place === (places[i - 1] ?? 0) + 1;
    if (i > 0) at += isNext ? Math.max(0, (rows.at[place] ?? 0) - (rows.at[place - 1] ?? 0)) : meanGap;
    picked.at[i] = at;
  }
  return picked;
}

/** Shares, and times, from which on a saving is worth a change. */
const LEAST_MS = 250;
export const LEAST_SHARE = 0.05;
const LARGE_MS = 10_000;

/** Whether a saving is material. In runs that last as long as their calls come, all calls together count. */
export function isMaterial(share: number, record: RunRecord, goal: Goal): boolean {
  if (goal === 'makespan') {
    const ms = share * record.recorded.makespanMs * record.weight;
    return ms >= LEAST_MS && (share >= LEAST_SHARE || ms >= LARGE_MS);
  }
  const ms = share * record.recorded.meanLatencyMs * record.rows.count * record.weight;
  return ms >= LEAST_MS && share >= LEAST_SHARE;
}
