// How close to the cores' limit does poolifier's public benchmark run?
//
// That benchmark (poolifier/benchmark on GitHub) submits 100,000 × factorial(1000) at once and waits for all. Its pool has as
// many workers as the machine has cores. Here it is 20,000 tasks, so that five rounds of all contestants stay within minutes.
// The start of the pool is not counted, so the times for 100,000 are five times as long. The ideal is the same work in a plain
// loop in one thread, divided by the cores. `bare fork` with a loop in each process shows what this machine makes of that.
import { deepStrictEqual } from 'node:assert';
import { availableParallelism } from 'node:os';
import { everybody } from './contestants.mjs';
import { named, ours, peers, timesBest, timesCost } from './goals.mjs';
import { bareFork } from './pools/bare.mjs';
import { factorials } from './workloads/tasks.mjs';

const CORES = availableParallelism();
const TASK = { taskSize: 1000 };
const SECONDS = { key: 'seconds', unit: 's', better: 'lower' };
const DIRECT = 'direct loop ÷ cores';
const LOOPS = 'bare fork, a loop in each';

export default {
  numbers: ['B6'],
  question: "How close to the cores' limit does poolifier's public benchmark run?",
  method: `20,000 × factorial(1000) as BigInt, all submitted at once to ${CORES} workers that are up, and the factorials returned. The ideal is the time of a plain loop divided by the cores.`,
  metrics: [SECONDS],
  contestants: [
    { name: DIRECT, kind: 'none', role: 'baseline', isLoop: true },
    { ...bareFork({ serialization: 'advanced' }), name: LOOPS, isLoop: true },
    ...everybody({ serialization: 'advanced' }).filter(({ kind }) => kind !== 'none'),
  ],
  full: { tasks: 20_000 },
  quick: { tasks: 200 },
  goals: [
    ...['process', 'thread'].map((kind) =>
      timesCost({
        number: 'B6',
        text: `${kind} pool against the ideal`,
        metric: SECONDS,
        us: ours(kind),
        them: named(DIRECT),
        atMost: 1.1,
      }),
    ),
    ...['process', 'thread'].map((kind) =>
      timesBest({
        number: 'B6',
        text: `${kind} pool against the best peer of any kind`,
        metric: SECONDS,
        us: ours(kind),
        them: peers(),
        atLeast: 1.4,
      }),
    ),
  ],

  async round(contestant, { tasks }) {
    if (contestant.kind === 'none')
      return { seconds: (await timeOf(() => factorials({ ...TASK, times: tasks }))) / CORES };
    const pool = contestant.create(await contestant.load(), { workers: CORES });
    await warmUp(pool.run);
    const seconds = await timeOf(() =>
      contestant.isLoop
        ? onEach(() => pool.run('factorials', { ...TASK, times: tasks / CORES }))
        : Promise.all(Array.from({ length: tasks }, () => pool.run('factorial', TASK))),
    );
    return { seconds };
  },
};

/** Checks the answers, and runs until both workers have compiled the loop. */
async function warmUp(run) {
  deepStrictEqual(await run('factorial', { taskSize: 20 }), { ok: 1, factorial: 2_432_902_008_176_640_000n });
  await Promise.all(Array.from({ length: 100 }, () => run('factorial', TASK)));
}

function onEach(call) {
  return Promise.all(Array.from({ length: CORES }, call));
}

async function timeOf(work) {
  const startMs = performance.now();
  await work();
  return (performance.now() - startMs) / 1000;
}
