// What is `key` worth to handlers that keep something costly for each key?
//
// Each worker keeps the four documents of 2 MB that it used last. There are 32, so four workers can keep half of them, and
// eight workers all. Two alternatives need no `key`: a pool of one worker for each share of the keys, and jest-worker's
// computeWorkerKey. The program chooses the pool by the key itself; computeWorkerKey does the same inside the library.
//
// 32 callers call again as soon as they have their answer. Keys are drawn evenly, or by Zipf's law, as in real programs. By this
// law the n-th document is drawn 1/n as often as the first.
import { strictEqual } from 'node:assert';
import { fileURLToPath } from 'node:url';
import { closedLoop } from './closed-loop.mjs';
import { byRank, evenly, randomFrom } from './draws.mjs';
import { named, timesBest } from './goals.mjs';
import { JSON_MESSAGES } from './pools/jest-worker.mjs';
import { percentile } from './statistics.mjs';
import { TASKS } from './workloads/chosen.mjs';

const KEYS = 32;
const CALLERS = 32;
const SKU = 'water';
const WORKERS = [4, 8];
const DRAWS = { evenly, 'by rank': byRank };

const RATE = { key: 'perSecond', unit: 'answers/s', better: 'higher' };
const LOADS = { key: 'loads', unit: 'loads per 1,000 answers', better: 'lower' };
const P99 = { key: 'p99Ms', unit: 'ms p99', better: 'lower' };

const millpond = () => import('@millpond/core');
const WAYS = {
  'no key': { role: 'baseline', load: millpond, create: ({ Pool }, workers) => askOf(new Pool(TASKS, { workers })) },
  key: {
    role: 'subject',
    load: millpond,
    create: ({ Pool }, workers) => askOf(new Pool(TASKS, { workers }), (key) => ({ key })),
  },
  'pools of one': {
    role: 'baseline',
    load: millpond,
    create({ Pool }, workers) {
      const pools = Array.from({ length: workers }, () => askOf(new Pool(TASKS, { workers: 1 })));
      return (input) => pools[Number(input.key) % workers](input);
    },
  },
  'jest-worker, computeWorkerKey': {
    role: 'peer',
    isForQuick: true,
    load: () => import('jest-worker'),
    create({ Worker }, workers) {
      const computeWorkerKey = (_, { key }) => key;
      const options = { exposedMethods: ['ask'], numWorkers: workers, computeWorkerKey, ...JSON_MESSAGES };
      const pool = new Worker(fileURLToPath(TASKS), options);
      return (input) => pool.ask(input);
    },
  },
};

export default {
  numbers: ['B16'],
  question: 'What is `key` worth to handlers that keep something costly for each key?',
  method: `A worker keeps 4 documents of 2 MB, of ${KEYS} in all. An answer from a kept document takes some 0.05 ms. With the load of a document it takes hundreds of times as long. ${CALLERS} callers call again as soon as they have their answer. Documents are drawn evenly, or the n-th 1/n as often as the first.`,
  outlined: 'no key; a pool of one worker for each share of the keys',
  tasks: { file: 'by-key.mjs', names: ['ask'] },
  metrics: [RATE, LOADS, P99],
  contestants: WORKERS.flatMap((workers) =>
    Object.keys(DRAWS).flatMap((draw) =>
      Object.entries(WAYS).map(([way, parts]) => ({
        ...parts,
        name: `${way}, ${draw}, ${workers}`,
        kind: 'process',
        draw,
        workers,
      })),
    ),
  ),
  full: { rounds: 3, warmupMs: 3000, measureMs: 3000 },
  quickContestants: ({ workers, draw }) => workers === 4 && draw === 'evenly',
  goals: WORKERS.flatMap((workers) =>
    Object.keys(DRAWS).map((draw) =>
      timesBest({
        number: 'B16',
        text: `answers with \`key\` against no key, ${draw}, ${workers} processes`,
        metric: RATE,
        us: named(`key, ${draw}, ${workers}`),
        them: named(`no key, ${draw}, ${workers}`),
        atLeast: 1.5,
      }),
    ),
  ),

  async round(contestant, { warmupMs, measureMs }) {
    const ask = contestant.create(await contestant.load(), contestant.workers);
    const keys = DRAWS[contestant.draw](KEYS, randomFrom(1));
    await check(ask);
    await measure(ask, keys, warmupMs);
    return measure(ask, keys, measureMs);
  },
};

function askOf(pool, optionsOf = () => undefined) {
  return (input) => pool.run('ask', input, optionsOf(input.key));
}

async function measure(ask, nextKey, forMs) {
  const tookMs = [];
  let loads = 0;
  const call = async () => {
    const startMs = performance.now();
    const answer = await ask({ key: String(nextKey()), sku: SKU });
    tookMs.push(performance.now() - startMs);
    loads += answer.loads;
  };
  const { done, perSecond } = await closedLoop(call, { inFlight: CALLERS, forMs });
  return { perSecond, loads: (loads / done) * 1000, p99Ms: percentile(tookMs, 0.99) };
}

async function check(ask) {
  const { ask: directly } = await import(TASKS);
  const input = { key: '1', sku: SKU };
  strictEqual((await ask(input)).cents, directly(input).cents);
}
