// How many identity tasks a second move through 2 workers with 1,000 in flight?
import { checkIdentity } from './answers.mjs';
import { closedLoop } from './closed-loop.mjs';
import { everybodyAndIdempotent } from './contestants.mjs';
import { named, peers, timesBest } from './goals.mjs';
import { warmRound } from './warm-round.mjs';

const RATE = { key: 'tasksPerSecond', unit: 'tasks/s', better: 'higher' };

export default {
  numbers: ['B1', 'B2'],
  question: 'How many identity tasks a second move through 2 workers with 1,000 in flight?',
  method: 'A thousand callers call again as soon as they have their answer. The input is a number.',
  metrics: [RATE],
  contestants: everybodyAndIdempotent(),
  goals: [
    aim('B1', 'Millpond processes', 'process', 3.5, 'processes against the best process pool'),
    aim('B1', 'Millpond processes, idempotent', 'process', 6.5, 'processes, tasks that may run twice'),
    aim('B2', 'Millpond threads', 'thread', 9, 'threads against the best thread pool'),
    aim('B2', 'Millpond threads, idempotent', 'thread', 10, 'threads, tasks that may run twice'),
  ],
  round: warmRound({
    check: (run) => checkIdentity(run),
    async measure(run, forMs) {
      const { perSecond } = await closedLoop((i) => run('identity', i), { inFlight: 1000, forMs });
      return { tasksPerSecond: perSecond };
    },
  }),
};

function aim(number, us, kind, atLeast, text) {
  return timesBest({ number, text, metric: RATE, us: named(us), them: peers(kind), atLeast });
}
