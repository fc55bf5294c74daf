// How many tasks do 10,000 equal calls at once become, and how long do they take?
import { deepStrictEqual } from 'node:assert';
import { costsAtMost, named } from './goals.mjs';
import { PLURAL } from './kinds.mjs';
import { WORKERS } from './warm-round.mjs';
import { TASKS } from './workloads/chosen.mjs';

/** A task of about a millisecond: its calls are all made before it ends. */
const INPUT = { taskSize: 500 };
const TASKS_RUN = { key: 'tasks', unit: 'tasks', better: 'lower' };
const TOOK = { key: 'tookMs', unit: 'ms', better: 'lower' };

export default {
  numbers: ['B21'],
  question: 'How many tasks do 10,000 equal calls at once become, and how long do they take?',
  method: `A factorial of ${INPUT.taskSize}, called 10,000 times in a loop without a pause, on ${WORKERS} workers. Time until the last call has its result.`,
  metrics: [TASKS_RUN, TOOK],
  outlined: 'the same without a cache',
  contestants: ['process', 'thread'].flatMap((kind) => [
    { name: `cached, ${PLURAL[kind]}`, kind, role: 'subject', cache: true },
    { name: `not cached, ${PLURAL[kind]}`, kind, role: 'baseline', cache: false },
  ]),
  full: { rounds: 5, calls: 10_000 },
  quick: { calls: 200 },
  goals: ['process', 'thread'].map((kind) =>
    costsAtMost({
      number: 'B21',
      text: `tasks for 10,000 equal calls, ${PLURAL[kind]}`,
      metric: TASKS_RUN,
      us: named(`cached, ${PLURAL[kind]}`),
      atMost: 1,
    }),
  ),

  async round({ kind, cache }, { calls }) {
    const { Pool } = await import('@millpond/core');
    const pool = new Pool(TASKS, { kind, workers: WORKERS, tasks: { factorial: { cache } } });
    const right = await pool.run('factorial', INPUT, { cache: false });
    const before = pool.stats().tasks.submitted;
    const startMs = performance.now();
    const results = await Promise.all(Array.from({ length: calls }, () => pool.run('factorial', INPUT)));
    const tookMs = performance.now() - startMs;
    for (const result of results) deepStrictEqual(result, right);
    return { tasks: pool.stats().tasks.submitted - before, tookMs };
  },
};
