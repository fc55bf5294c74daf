// Does the program's memory stay flat while it maps ten million items?
//
// `map` pulls its inputs lazily, so their number must not matter. The first tenth is warm-up, in which the heap grows to its
// working size. No peer takes part: none has a map that does not make all promises at once.
import { strictEqual } from 'node:assert';
import { costsAtMost, ours } from './goals.mjs';
import { millpond } from './pools/millpond.mjs';
import { WORKERS } from './warm-round.mjs';

const MB = 1e6;
const SAMPLES = 200;
const GROWTH = { key: 'growthMb', unit: 'MB of growth', better: 'lower' };
const PEAK = { key: 'peakMb', unit: 'MB at the peak', better: 'lower' };
const RATE = { key: 'itemsPerSecond', unit: 'items/s', better: 'higher' };

export default {
  numbers: ['B10'],
  question: "Does the program's memory stay flat while it maps ten million items?",
  method:
    'Resident memory of the program during `for await (… of pool.map(…))`. Growth: the mean of the last tenth of the items less that of the second tenth.',
  metrics: [GROWTH, PEAK, RATE],
  contestants: [millpond('process'), millpond('thread')],
  full: { items: 10_000_000, timeoutMs: 300_000 },
  quick: { items: 20_000 },
  // A megabyte for each million items is a byte for each item. Resident memory fluctuates by more than that.
  goals: ['process', 'thread'].map((kind) =>
    costsAtMost({
      number: 'B10',
      text: `growth over 10,000,000 mapped items, ${kind} pool`,
      metric: GROWTH,
      us: ours(kind),
      atMost: 10,
    }),
  ),

  async round(contestant, { items }) {
    const pool = contestant.create(await contestant.load(), { workers: WORKERS });
    const startMs = performance.now();
    const rss = await mapAll(pool, items);
    const itemsPerSecond = (items / (performance.now() - startMs)) * 1000;
    const mean = (from, to) => average(rss.slice(SAMPLES * from, SAMPLES * to));
    return { growthMb: (mean(0.9, 1) - mean(0.1, 0.2)) / MB, peakMb: Math.max(...rss) / MB, itemsPerSecond };
  },
};

/** @returns the resident memory after each of the equal parts */
async function mapAll(pool, items) {
  const rss = [];
  let seen = 0;
  for await (const value of pool.map('identity', numbersBelow(items))) {
    strictEqual(value, seen++);
    if (seen % (items / SAMPLES) === 0) rss.push(process.memoryUsage.rss());
  }
  strictEqual(seen, items);
  return rss;
}

function* numbersBelow(count) {
  for (let i = 0; i < count; i++) yield i;
}

function average(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
