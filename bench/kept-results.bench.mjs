// What do a million small results cost in the cache of a pool, in time and memory, beside lru-cache alone?
//
// Keys are short texts. Values are numbers, or objects with three properties, some 60 bytes in the heap. In lru-cache alone, all
// callers share one object that any of them may change. Nothing there counts tasks, tags or bytes.
import { strictEqual } from 'node:assert';
import { createRequire } from 'node:module';
import { costsAtMost, named, timesCost } from './goals.mjs';
import { TASKS } from './workloads/chosen.mjs';

const SET = { key: 'setUs', unit: 'µs a set', better: 'lower' };
const GET = { key: 'getUs', unit: 'µs a get', better: 'lower' };
const BYTES = { key: 'bytesPerResult', unit: 'bytes a result', better: 'lower' };
const MAX_BYTES = 8 * 2 ** 30;

const number = (n) => n;
const object = (n) => ({ id: n, name: `name ${n}`, isOld: n % 2 === 0 });

export default {
  numbers: ['B22'],
  question: 'What do a million small results cost in the cache of a pool, beside lru-cache alone?',
  method:
    'A million results are set and then read in the same order, without a task. Keys are texts of up to 8 characters. Memory is the growth of heap and buffers of the program after a collection, keys included.',
  metrics: [SET, GET, BYTES],
  outlined: 'lru-cache alone',
  contestants: [
    { name: 'lru-cache, numbers', kind: 'none', role: 'baseline', make: number, open: openLru },
    { name: 'lru-cache, objects', kind: 'none', role: 'baseline', make: object, open: openLru },
    ours('numbers', number, {}),
    ours('objects, copied', object, {}),
    ours('objects, frozen', object, { share: 'frozen' }),
  ],
  full: { rounds: 3, results: 1_000_000, timeoutMs: 120_000 },
  quick: { results: 2000 },
  nodeFlags: ['--expose-gc', '--max-old-space-size=4096'],
  goals: [
    timesCost({
      number: 'B22',
      text: 'memory of copied objects against lru-cache alone',
      metric: BYTES,
      us: named('cache of a pool, objects, copied'),
      them: named('lru-cache, objects'),
      atMost: 3,
    }),
    costsAtMost({
      number: 'B22',
      text: 'a read of a copied object',
      metric: GET,
      us: named('cache of a pool, objects, copied'),
      atMost: 5,
    }),
  ],

  async round({ make, open }, { results }) {
    const cache = await open(results);
    const values = Array.from({ length: 100 }, (_, n) => make(n));
    for (const [n, value] of values.entries()) cache.set(`warm ${n}`, value);
    const before = bytesInUse();
    const setUs = timed(results, (n) => cache.set(`k${n}`, make(n)));
    const bytesPerResult = (bytesInUse() - before) / results;
    const getUs = timed(results, (n) => cache.get(`k${n}`));
    const last = cache.get(`k${results - 1}`);
    strictEqual(last?.id ?? last, results - 1);
    return { setUs, getUs, bytesPerResult };
  },
};

/** @returns µs a call */
function timed(times, call) {
  const startMs = performance.now();
  for (let n = 0; n < times; n++) call(n);
  return ((performance.now() - startMs) * 1000) / times;
}

function bytesInUse() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function openLru(results) {
  const { LRUCache } = createRequire(import.meta.url)('lru-cache');
  return new LRUCache({ max: results, maxSize: MAX_BYTES, sizeCalculation: () => 100 });
}

function ours(name, make, options) {
  const open = async (results) => {
    const { Pool } = await import('@millpond/core');
    const tasks = { identity: { cache: { key: String, ...options } } };
    const { cache } = new Pool(TASKS, { kind: 'inline', tasks, cache: { max: results, maxBytes: MAX_BYTES } });
    return { set: (key, value) => cache.set('identity', key, value), get: (key) => cache.get('identity', key) };
  };
  return { name: `cache of a pool, ${name}`, kind: 'none', role: 'subject', make, open };
}
