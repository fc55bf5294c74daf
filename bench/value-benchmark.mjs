// What the two questions about values have in common. The values go in, and come back out.
import { checkIdentity } from './answers.mjs';
import { closedLoop } from './closed-loop.mjs';
import { everybodyAndIdempotent } from './contestants.mjs';
import { named, peers, timesBest } from './goals.mjs';
import { warmRound } from './warm-round.mjs';

/**
 * @param values to cycle through
 * @param atLeast goal as a multiple of the best peer with the same kind of workers; `atLeastIdempotent` for idempotent tasks
 */
export function valueBenchmark({ question, values, atLeast, atLeastIdempotent }) {
  const metric = { key: 'tasksPerSecond', unit: 'tasks/s', better: 'higher' };
  const aim = (text, us, kind, least) =>
    timesBest({ number: 'B3', text, metric, us: named(us), them: peers(kind), atLeast: least });
  return {
    numbers: ['B3'],
    question,
    method: `An identity task with 1,000 in flight, as above, on ${values.length.toLocaleString('en')} different values made beforehand. Each crosses twice.`,
    metrics: [metric],
    contestants: everybodyAndIdempotent(),
    goals: [
      aim('processes against the best process pool', 'Millpond processes', 'process', atLeast),
      aim(
        'processes, tasks that may run twice, against the best process pool',
        'Millpond processes, idempotent',
        'process',
        atLeastIdempotent,
      ),
      aim('threads against the best thread pool', 'Millpond threads', 'thread', atLeast),
      aim(
        'threads, tasks that may run twice, against the best thread pool',
        'Millpond threads, idempotent',
        'thread',
        atLeastIdempotent,
      ),
    ],
    round: warmRound({
      check: (run) => checkIdentity(run, values),
      async measure(run, forMs) {
        const call = (i) => run('identity', values[i % values.length]);
        const { perSecond } = await closedLoop(call, { inFlight: 1000, forMs });
        return { tasksPerSecond: perSecond };
      },
    }),
  };
}
