// What does a call cost whose result is in the cache, beside a Map and beside a task?
//
// A thousand different inputs take turns, one call after another. Results are numbers, or objects of 650 bytes.
// The cache gives each caller a copy of its own, or all the same frozen one. A Map does neither, and its caller has to make the
// key.
import { deepStrictEqual } from 'node:assert';
import { named, timesBest } from './goals.mjs';
import { OBJECTS } from './values.mjs';
import { TASKS } from './workloads/chosen.mjs';

const INPUTS = 1000;
const RATE = { key: 'callsPerSecond', unit: 'calls/s', better: 'higher' };
const NUMBERS = Array.from({ length: INPUTS }, (_, n) => n);
const VALUES = Array.from({ length: INPUTS }, (_, n) => OBJECTS[n % OBJECTS.length]);
/** The key of an input: its place. */
const key = ({ id }) => String(id);

export default {
  numbers: ['B20'],
  question: 'What does a call cost whose result is in the cache, beside a Map and beside a task?',
  method: `${INPUTS.toLocaleString('en')} different inputs in turn, one call after another. The handler returns its input: a number, or an object of 650 bytes with its number beside it.`,
  metrics: [RATE],
  outlined: 'a Map in the program; a task for each call',
  contestants: [
    { name: 'a Map of numbers', kind: 'none', role: 'baseline', inputs: NUMBERS, open: openMap },
    cached('cached numbers', NUMBERS, {}),
    cached('cached objects, copied', wrapped(VALUES), { key }),
    cached('cached objects, frozen', wrapped(VALUES), { key, share: 'frozen' }),
    cached('cached objects, copied, key from the input', wrapped(VALUES), {}),
    { ...cached('a task for each number', NUMBERS, false), role: 'baseline' },
    { ...cached('a task for each object', wrapped(VALUES), false), role: 'baseline' },
  ],
  full: { rounds: 5, warmupMs: 1000, measureMs: 1500 },
  quick: { warmupMs: 20, measureMs: 40 },
  goals: [
    timesBest({
      number: 'B20',
      text: 'cached numbers against a task for each',
      metric: RATE,
      us: named('cached numbers'),
      them: named('a task for each number'),
      atLeast: 10,
    }),
    timesBest({
      number: 'B20',
      text: 'cached objects, copied, against a task for each',
      metric: RATE,
      us: named('cached objects, copied'),
      them: named('a task for each object'),
      atLeast: 5,
    }),
  ],

  async round({ inputs, open }, { warmupMs, measureMs }) {
    const call = await open(inputs);
    for (const input of inputs) deepStrictEqual(await call(input), input);
    await callFor(call, inputs, warmupMs);
    return { callsPerSecond: await callFor(call, inputs, measureMs) };
  },
};

/** @returns calls a second */
async function callFor(call, inputs, forMs) {
  const startMs = performance.now();
  let calls = 0;
  for (;;) {
    for (const input of inputs) await call(input);
    calls += inputs.length;
    const tookMs = performance.now() - startMs;
    if (tookMs >= forMs) return (calls / tookMs) * 1000;
  }
}

function wrapped(values) {
  return values.map((value, id) => ({ id, value }));
}

function openMap(inputs) {
  const results = new Map(inputs.map((input) => [input, input]));
  return async (input) => results.get(input);
}

function cached(name, inputs, cache) {
  const open = async () => {
    const { Pool } = await import('@millpond/core');
    const pool = new Pool(TASKS, { workers: 1, tasks: { identity: { cache } } });
    await pool.ready();
    return (input) => pool.run('identity', input);
  };
  return { name, kind: 'process', role: 'subject', inputs, open };
}
