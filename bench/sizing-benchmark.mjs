// What the questions about sizing have in common. Each has one kind of load, and always enough of it. Pools of every fixed size
// stand against the pool that sizes itself.
import { availableParallelism } from 'node:os';
import { BusyPool, PER_SECOND, rateOf, sized, timeLineOf } from './busy-pool.mjs';
import { costsAtMost, named, timesBest } from './goals.mjs';
import { mean, overshoot, settledAt } from './settled.mjs';

const CORES = availableParallelism();
/** More callers than any setting can use, so that every setting always has a next task. */
const CALLERS = 2048;

const RATE = { key: 'perSecond', unit: 'tasks/s', better: 'higher' };
const SETTLED = { key: 'settledMs', unit: 'ms until settled', better: 'lower' };
const OVERSHOOT = { key: 'overshootPercent', unit: '% workers above the last', better: 'lower' };
const WORKERS = { key: 'workers', unit: 'workers in the end', better: 'lower' };
const CONCURRENCY = { key: 'concurrency', unit: 'tasks at once in each', better: 'lower' };

/**
 * @param draw `(i) => [task, input]`: the i-th task
 * @param workers fixed numbers to compare with, as shares of the cores @param concurrency fixed numbers of tasks in each worker
 * @param share of the best fixed numbers that is good enough
 */
export function sizingBenchmark({ question, what, draw, workers, concurrency, share = 0.95 }) {
  return {
    numbers: ['B8'],
    question,
    method: `${what} ${CALLERS.toLocaleString('en')} callers, so that tasks always wait. Fixed numbers of workers × tasks at once in each stand beside Millpond with \`workers: 'auto'\`, \`concurrency: 'auto'\`, which starts without measurements. Settled: the time from which both numbers stay near their last values. Near means within a quarter, or one, as means of a second.`,
    outlined: 'fixed numbers',
    metrics: [RATE, SETTLED, OVERSHOOT, WORKERS, CONCURRENCY],
    contestants: [sized('auto', 'subject', { workers: 'auto', concurrency: 'auto' }), ...fixed(workers, concurrency)],
    full: { rounds: 5, warmupMs: 1000, measureMs: 2500, settleMs: 8000 },
    quick: { warmupMs: 20, measureMs: 30, settleMs: 60 },
    quickContestants: ({ workers: count }, index) => count === 'auto' || index === 1,
    goals: [
      timesBest({
        number: 'B8',
        text: 'sized by itself against the best fixed numbers',
        metric: RATE,
        us: named('auto'),
        them: ({ role }) => role === 'baseline',
        atLeast: share,
      }),
      costsAtMost({ number: 'B8', text: 'until settled', metric: SETTLED, us: named('auto'), atMost: 5000 }),
      costsAtMost({ number: 'B8', text: 'overshoot', metric: OVERSHOOT, us: named('auto'), atMost: 25 }),
    ],
    async round(contestant, { warmupMs, measureMs, settleMs }) {
      const pool = contestant.create(await contestant.load(), contestant);
      const busy = new BusyPool(pool);
      const beforeMs = contestant.role === 'subject' ? settleMs : warmupMs;
      busy.keepBusy(CALLERS, draw);
      await busy.for(beforeMs + measureMs);
      const windows = busy.stop();
      const measured = windows.filter(({ atMs }) => atMs > beforeMs);
      const final = { workers: mean(measured, 'workers'), concurrency: mean(measured, 'concurrency') };
      return {
        perSecond: rateOf(measured),
        settledMs: settledAt(windows, PER_SECOND, final),
        overshootPercent: overshoot(windows, final) * 100,
        ...final,
        timeLine: timeLineOf(windows),
      };
    },
  };
}

function fixed(shares, concurrencies) {
  const counts = new Set(shares.map((each) => Math.max(1, Math.round(CORES * each))));
  return [...counts].flatMap((workers) =>
    concurrencies.map((concurrency) => sized(`${workers} × ${concurrency}`, 'baseline', { workers, concurrency })),
  );
}
