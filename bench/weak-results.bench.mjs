// What does `weak` save?
//
// A thousand results of some 50 KB pass through a cache. Then the program looks for all of them again. It still holds all of
// them, a tenth, or none. A cache of a thousand keeps 50 MB by itself. One of a hundred keeps 5 MB, and a weak one also finds
// what the program holds.
import { strictEqual } from 'node:assert';
import { setImmediate } from 'node:timers/promises';
import { TASKS } from './workloads/chosen.mjs';

const RESULTS = 1000;
const MEMORY = { key: 'heldMb', unit: 'MB in use', better: 'lower' };
const FOUND = { key: 'found', unit: '% found again', better: 'higher' };
const HOLDS = { all: 1, 'a tenth': 10, none: Infinity };

export default {
  numbers: ['B23'],
  question: 'What does `weak` save, for a program that still holds some of its results?',
  method: `${RESULTS.toLocaleString('en')} frozen results, some 50 KB each, are kept one after another, and then looked for. Memory is the growth of the program's heap and buffers before that look, after a collection. It includes what the program itself holds.`,
  metrics: [MEMORY, FOUND],
  outlined: 'without `weak`',
  contestants: Object.keys(HOLDS).flatMap((held) => [
    { name: `max 1,000, program holds ${held}`, kind: 'none', role: 'baseline', held, max: RESULTS, weak: false },
    { name: `max 100, program holds ${held}`, kind: 'none', role: 'baseline', held, max: RESULTS / 10, weak: false },
    {
      name: `max 100 and weak, program holds ${held}`,
      kind: 'none',
      role: 'subject',
      held,
      max: RESULTS / 10,
      weak: true,
    },
  ]),
  full: { rounds: 3, items: 6000 },
  quick: { items: 10 },
  nodeFlags: ['--expose-gc'],
  goals: [],

  async round({ held, max, weak }, { items }) {
    const { Pool } = await import('@millpond/core');
    const tasks = { identity: { cache: { share: 'frozen' } } };
    const { cache } = new Pool(TASKS, { kind: 'inline', tasks, cache: { max, weak, maxBytes: 2 ** 30 } });
    const before = await bytesInUse();
    const holds = [];
    for (let n = 0; n < RESULTS; n++) {
      cache.set(
        'identity',
        n,
        Array.from({ length: items }, (_, at) => n + at + 0.5),
      );
      if (n % HOLDS[held] === 0) holds.push(cache.get('identity', n));
    }
    const heldMb = ((await bytesInUse()) - before) / 1e6;
    let found = 0;
    for (let n = 0; n < RESULTS; n++) {
      const value = cache.peek('identity', n);
      if (value === undefined) continue;
      strictEqual(value[0], n + 0.5);
      found++;
    }
    strictEqual(holds.every(Object.isFrozen), true);
    return { heldMb, found: (found / RESULTS) * 100 };
  },
};

/** A weak reference holds its value until the end of the turn in which it was made or read. */
async function bytesInUse() {
  await setImmediate();
  globalThis.gc();
  await setImmediate();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
