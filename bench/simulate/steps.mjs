// How long does the sizing law take when the load changes, and what does that cost?
import { mean, overshoot, settledAt } from '../settled.mjs';
import { LOADS } from './loads.mjs';
import { middleOf } from './middle.mjs';
import { bestFixed, fill, sizedRun } from './runs.mjs';
import { TICK_MS } from './simulation.mjs';

/** Times before the change, and after it. */
const BEFORE_MS = 10_000;
export const AFTER_MS = 60_000;
/** Long enough for a pool without tasks to give up most of its workers. */
const IDLE_MS = 420_000;
const LAST_MS = 10_000;
const PER_SECOND = 1000 / TICK_MS;
const SLOW_BOOT_MS = 5000;

const [computes, waits, blocks] = ['computes 10 ms', 'waits 50 ms', 'blocks 10 ms'].map((name) =>
  LOADS.find((load) => load.name === name),
);
const change = (load) => (simulation) => (simulation.load = load);

const STEPS = [
  { name: 'nothing to do → computes', to: computes, ...afterIdle(computes) },
  { name: 'nothing to do → waits', to: waits, ...afterIdle(waits) },
  { name: 'computes → waits', to: waits, ...between(computes, waits) },
  { name: 'waits → computes', to: computes, ...between(waits, computes) },
  { name: 'blocks → computes', to: computes, ...between(blocks, computes) },
  { name: 'computes → blocks', to: blocks, ...between(computes, blocks) },
  {
    name: 'nothing to do → computes, a worker starts in 5 s',
    to: computes,
    ...afterIdle(computes),
    bootMs: SLOW_BOOT_MS,
  },
];

function between(from, to) {
  return {
    from,
    stepMs: BEFORE_MS,
    events: [
      { atMs: 0, act: fill },
      { atMs: BEFORE_MS, act: change(to) },
    ],
  };
}

/** Some work first, so that the law has measurements; then none. */
function afterIdle(load) {
  const stepMs = BEFORE_MS + IDLE_MS;
  return {
    from: load,
    stepMs,
    events: [
      { atMs: 0, act: fill },
      { atMs: BEFORE_MS, act: (simulation) => simulation.clearQueue() },
      { atMs: stepMs, act: fill },
    ],
  };
}

/** @returns one row for each step: the middle of the runs with each seed */
export function* stepRows(cores, seeds, law) {
  for (const step of STEPS) {
    const best = bestFixed({ cores, load: step.to });
    yield { cores, step: step.name, ...middleOf(seeds.map((seed) => judge(cores, seed, step, best, law))), best };
  }
}

/** Regret: the share of the best fixed numbers' work that was not done after the change. */
function judge(cores, seed, { from, stepMs, events, bootMs = 0 }, best, law) {
  const toMs = stepMs + AFTER_MS;
  const ticks = sizedRun({ cores, load: from, seed, events, bootMs: bootMs || undefined, toMs, law });
  const after = ticks.filter(({ atMs }) => atMs > stepMs).map((tick) => ({ ...tick, atMs: tick.atMs - stepMs }));
  const last = after.filter(({ atMs }) => atMs > AFTER_MS - LAST_MS);
  const final = { workers: mean(last, 'workers'), concurrency: mean(last, 'concurrency') };
  const before = ticks.findLast(({ atMs }) => atMs <= stepMs);
  const doneMs = after.reduce((sum, tick) => sum + tick.doneMs, 0);
  return {
    workersBefore: before.workers,
    settledMs: settledAt(after, PER_SECOND, final),
    // Fixed numbers have to start their workers, too.
    regret: 1 - doneMs / (best.rate * (AFTER_MS - bootMs)),
    // Workers from before the change are no overshoot.
    overshoot: overshoot(after, { workers: Math.max(before.workers, final.workers) }),
    ...final,
  };
}
