// What do the two questions about values have in common? The values go in, and come back out.
import { checkIdentity } from './answers.mjs';
import { closedLoop } from './closed-loop.mjs';
import { everybodyWithCodecs } from './contestants.mjs';
import { named, ours, peers, timesBest } from './goals.mjs';
import { warmRound } from './warm-round.mjs';

/** @param values to cycle through @param atLeast times as many as the best peer with the same kind of workers */
export async function valueBenchmark({ question, values, atLeast }) {
  const metric = { key: 'tasksPerSecond', unit: 'tasks/s', better: 'higher' };
  const aim = (text, us, kind) => timesBest({ number: 'B3', text, metric, us, them: peers(kind), atLeast });
  return {
    numbers: ['B3'],
    question,
    method: `An identity task with 1,000 in flight, as above, on ${values.length.toLocaleString('en')} different values made beforehand. Each crosses twice.`,
    metrics: [metric],
    contestants: await everybodyWithCodecs(),
    goals: [
      aim('processes as they come against the best process pool', named('Millpond processes'), 'process'),
      aim('processes with the best codec against the best process pool', ours('process'), 'process'),
      aim('threads as they come against the best thread pool', named('Millpond threads'), 'thread'),
      aim('threads with the best codec against the best thread pool', ours('thread'), 'thread'),
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
