// What does `batch()` cost, or save, where a call of the handler costs next to nothing?
import { strictEqual } from 'node:assert';
import { closedLoop } from './closed-loop.mjs';
import { named, timesBest } from './goals.mjs';
import { warmRound } from './warm-round.mjs';

const RATE = { key: 'tasksPerSecond', unit: 'tasks/s', better: 'higher' };
const BATCHED = new URL('./workloads/batched.mjs', import.meta.url);

const contestant = (kind, name, task, settings) => ({
  name: `${name}, ${kind}`,
  kind,
  role: 'subject',
  load: () => import('@millpond/core'),
  create({ Pool }, { workers }) {
    const pool = new Pool(BATCHED, { kind, workers, tasks: { [task]: settings } });
    return { run: (input) => pool.run(task, input) };
  },
});

export default {
  numbers: ['B25'],
  question: 'What does `batch()` cost, or save, where a call of the handler costs next to nothing?',
  method:
    'A thousand callers of an idle handler call again as soon as they have their answer, on 2 workers. The input is a number.',
  metrics: [RATE],
  contestants: ['process', 'thread'].flatMap((kind) => [
    contestant(kind, 'one by one', 'identity', {}),
    contestant(kind, 'one by one, idempotent', 'identity', { idempotent: true }),
    contestant(kind, 'batches of up to 100', 'identities', { batch: { maxSize: 100 } }),
    contestant(kind, 'batches of up to 1000', 'identities', { batch: { maxSize: 1000 } }),
    contestant(kind, 'batches of up to 100, idempotent', 'identities', { idempotent: true, batch: { maxSize: 100 } }),
  ]),
  full: { rounds: 3 },
  goals: ['process', 'thread'].map((kind) =>
    timesBest({
      number: 'B25',
      text: `idle handlers in batches against one by one, ${kind}`,
      metric: RATE,
      us: named(`batches of up to 100, ${kind}`),
      them: named(`one by one, ${kind}`),
      atLeast: 0.7,
    }),
  ),
  round: warmRound({
    check: async (run) => strictEqual(await run(7), 7),
    async measure(run, forMs) {
      const { perSecond } = await closedLoop((i) => run(i), { inFlight: 1000, forMs });
      return { tasksPerSecond: perSecond };
    },
  }),
};
