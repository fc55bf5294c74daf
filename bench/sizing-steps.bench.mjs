// How long does a pool that sizes itself take when its load changes, and how much work does it lose?
//
// Each contestant is a change of load. Losses are measured against the pool's own rate once it has settled. The other questions
// of B8 measure how good that rate is.
import { BusyPool, PER_SECOND, rateOf, sized, timeLineOf } from './busy-pool.mjs';
import { costsAtMost, named } from './goals.mjs';
import { mean, settledAt } from './settled.mjs';

const LOST_MS = 10_000;
const SETTLED = { key: 'settledMs', unit: 'ms until settled', better: 'lower' };
const LOST = { key: 'lostPercent', unit: '% of the work of 10 s lost', better: 'lower' };

/** Enough callers that some tasks always wait, and no more: after a change, waiting tasks are done first. */
const computes = { callers: 64, draw: () => ['compute', 10e6] };
const waits = { callers: 2048, draw: () => ['wait', { ms: 50, computeNs: 100e3 }] };

const STEPS = [
  // Long enough for a pool of a few workers to give them up.
  step('nothing to do → computes', { warm: computes, pauseMs: 16_000, to: computes }),
  step('nothing to do → waits', { warm: waits, pauseMs: 16_000, to: waits }),
  step('computes → waits', { warm: computes, to: waits }),
  step('waits → computes', { warm: waits, to: computes }),
];

export default {
  numbers: ['B8'],
  question: 'How long does a pool that sizes itself take when its load changes?',
  method: `A few seconds of one load, then another. Or no task for 16 s, in which the pool gives up workers, and then more than it can do. Tasks that compute for some 10 ms have ${computes.callers} callers; tasks that wait for 50 ms have ${waits.callers.toLocaleString('en')}. Lost: the share of work not done in the 10 s after the change, against the settled pool. 30 % of that are 5 % of a minute.`,
  outlined: 'none',
  metrics: [SETTLED, LOST],
  contestants: STEPS,
  full: { rounds: 3, warmMs: 6000, afterMs: 15_000, lastMs: 4000 },
  quick: { warmMs: 300, afterMs: 900, lastMs: 600 },
  goals: STEPS.flatMap(({ name }) => [
    costsAtMost({ number: 'B8', text: `until settled, ${name}`, metric: SETTLED, us: named(name), atMost: 5000 }),
    costsAtMost({ number: 'B8', text: `lost, ${name}`, metric: LOST, us: named(name), atMost: 30 }),
  ]),

  async round(contestant, { warmMs, afterMs, lastMs }) {
    const { warm, to, pauseMs } = contestant;
    const pool = contestant.create(await contestant.load(), contestant);
    const busy = new BusyPool(pool);
    busy.keepBusy(warm.callers, warm.draw);
    await busy.for(warmMs);
    if (pauseMs > 0) {
      busy.keepBusy(0);
      await busy.for(afterMs < LOST_MS ? 0 : pauseMs);
    }
    const stepMs = busy.atMs;
    // A function of its own, because tasks in flight do not belong to the new load.
    busy.keepBusy(to.callers, (i) => to.draw(i));
    await busy.for(afterMs);
    const windows = busy.stop();
    const after = windows.filter(({ atMs }) => atMs > stepMs).map((each) => ({ ...each, atMs: each.atMs - stepMs }));
    const last = after.filter(({ atMs }) => atMs > afterMs - lastMs);
    const final = { workers: mean(last, 'workers'), concurrency: mean(last, 'concurrency') };
    const first = after.filter(({ atMs }) => atMs <= LOST_MS);
    return {
      settledMs: settledAt(after, PER_SECOND, final),
      lostPercent: Math.max(0, 1 - rateOf(first) / Math.max(rateOf(last), 1e-9)) * 100,
      timeLine: timeLineOf(windows),
    };
  },
};

function step(name, { warm, to, pauseMs = 0 }) {
  return sized(name, 'subject', { workers: 'auto', concurrency: 'auto', warm, to, pauseMs });
}
