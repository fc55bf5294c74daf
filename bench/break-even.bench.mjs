// From what length of tasks on does a pool pay?
//
// A plain loop and a pool of two workers take turns on the same tasks in one program. The ratio of their rates is the result:
// below 1 the pool costs more than it gives. Tasks differ in computing time, and in the value that goes in and comes back. The
// value is a number, or objects of 1 to 200 KB as JSON, with realistic keys, texts and numbers.
import { deepStrictEqual } from 'node:assert';
import { closedLoop } from './closed-loop.mjs';
import { named } from './goals.mjs';
import { PLURAL } from './kinds.mjs';
import { millpond } from './pools/millpond.mjs';
import { OBJECTS } from './values.mjs';
import { WORKERS } from './warm-round.mjs';
import { answerAfter } from './workloads/break-even.mjs';

const MOST_IN_FLIGHT = 64;
const LENGTHS_US = [5, 20, 100, 300, 1000, 3000, 10_000, 100_000];
const VALUES = {
  'a number': (i) => i,
  '1 KB': (i) => orders(i, 1.5),
  '20 KB': (i) => orders(i, 31),
  '200 KB': (i) => orders(i, 310),
};
const DIFFERENT = 16;
/** Work between two looks of the plain loop at the clock. As much is in flight at most, but at least four tasks. */
const BATCH_US = 50;
const IN_FLIGHT_US = 64_000;

const METRICS = LENGTHS_US.map((us) => ({ key: `us${us}`, unit: `× at ${lengthOf(us)}`, better: 'higher' }));

export default {
  numbers: ['B19'],
  question: 'From what length of tasks on does a pool pay?',
  method: `Rate of ${WORKERS} workers as a multiple of a plain loop in the same program. ${MOST_IN_FLIGHT} calls are in flight, 4 of the longest. Tasks compute for 5 µs to 100 ms; a value goes in and comes back.`,
  isCompact: true,
  tasks: { file: 'break-even.mjs', names: ['answerAfter'] },
  metrics: METRICS,
  contestants: ['process', 'thread'].flatMap((kind) =>
    Object.keys(VALUES).map((value) => ({ ...millpond(kind), name: `${PLURAL[kind]}, ${value}`, value })),
  ),
  full: { rounds: 3, warmupMs: 300, measureMs: 400 },
  quick: { warmupMs: 5, measureMs: 10 },
  quickContestants: ({ value }) => value === 'a number',
  goals: ['process', 'thread'].map((kind) => ({
    number: 'B19',
    text: `${PLURAL[kind]}, tasks of 1 ms with 1 KB against a plain loop`,
    unit: '×',
    atLeast: 1.5,
    value: (contestants) => contestants.find(named(`${PLURAL[kind]}, 1 KB`))?.results?.us1000.median,
  })),

  async round(contestant, { warmupMs, measureMs }) {
    const values = Array.from({ length: DIFFERENT }, (_, i) => VALUES[contestant.value](i));
    const pool = contestant.create(await contestant.load(), { workers: WORKERS });
    deepStrictEqual(await pool.run('answerAfter', { us: 5, value: values[0] }), values[0]);
    const speedups = {};
    for (const us of LENGTHS_US) {
      const inputs = values.map((value) => ({ us, value }));
      const call = (i) => pool.run('answerAfter', inputs[i % DIFFERENT]);
      const inFlight = Math.min(MOST_IN_FLIGHT, Math.max(4, Math.ceil(IN_FLIGHT_US / us)));
      await closedLoop(call, { inFlight, forMs: warmupMs });
      plainLoop(inputs, warmupMs / 2);
      const plain = plainLoop(inputs, measureMs / 2);
      const { perSecond } = await closedLoop(call, { inFlight, forMs: measureMs });
      speedups[`us${us}`] = perSecond / plain;
    }
    return speedups;
  },
};

/** @returns tasks a second */
function plainLoop(inputs, forMs) {
  const startMs = performance.now();
  const batch = Math.max(1, Math.round(BATCH_US / inputs[0].us));
  let done = 0;
  for (;;) {
    for (let i = 0; i < batch; i++) answerAfter(inputs[done++ % DIFFERENT]);
    const tookMs = performance.now() - startMs;
    if (tookMs >= forMs) return (done / tookMs) * 1000;
  }
}

function orders(from, count) {
  const whole = Array.from({ length: Math.floor(count) }, (_, i) => OBJECTS[(from + i) % OBJECTS.length]);
  return count % 1 === 0 ? whole : [...whole, { lines: OBJECTS[from].lines, tags: OBJECTS[from].tags }];
}

function lengthOf(us) {
  return us < 1000 ? `${us} µs` : `${us / 1000} ms`;
}
