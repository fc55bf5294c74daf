// How near does the sizing law come to the best fixed numbers under a constant load?
import { mean, overshoot, settledAt } from '../settled.mjs';
import { LOADS } from './loads.mjs';
import { middleOf } from './middle.mjs';
import { bestFixed, sizedRun } from './runs.mjs';
import { TICK_MS } from './simulation.mjs';

export const RUN_MS = 30_000;
export const LAST_MS = 10_000;
const PER_SECOND = 1000 / TICK_MS;

/** @returns one row for each load: the middle of the runs with each seed */
export function* steadyRows(cores, seeds, law) {
  for (const load of LOADS) {
    const best = bestFixed({ cores, load });
    const runs = seeds.map((seed) => judge(sizedRun({ cores, load, seed, toMs: RUN_MS, law }), best));
    yield { cores, load: load.name, isMixed: load.isMixed === true, ...middleOf(runs), best };
  }
}

function judge(ticks, best) {
  const last = ticks.filter(({ atMs }) => atMs > RUN_MS - LAST_MS);
  const final = { workers: mean(last, 'workers'), concurrency: mean(last, 'concurrency') };
  return {
    efficiency: mean(last, 'rate') / best.rate,
    settledMs: settledAt(ticks, PER_SECOND, final),
    overshoot: overshoot(ticks, final),
    ...final,
  };
}
