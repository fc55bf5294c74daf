// How long does one identity call take, one after another, through 2 workers?
import { checkIdentity } from './answers.mjs';
import { everybody } from './contestants.mjs';
import { ours, peers, timesCost } from './goals.mjs';
import { percentile } from './statistics.mjs';
import { warmRound } from './warm-round.mjs';

const P50 = { key: 'p50Us', unit: 'µs p50', better: 'lower' };
const P99 = { key: 'p99Us', unit: 'µs p99', better: 'lower' };

export default {
  numbers: ['B5'],
  question: 'How long does one identity call take, one after another, through 2 workers?',
  method: 'One caller calls again when it has its answer: the cost of a lonely task. The input is a number.',
  metrics: [P50, P99],
  contestants: everybody(),
  goals: ['process', 'thread'].flatMap((kind) => [
    aim(P50, kind, `p50 against the best ${kind} pool`),
    aim(P99, kind, `p99 against the best ${kind} pool`),
  ]),
  round: warmRound({
    check: (run) => checkIdentity(run),
    async measure(run, forMs) {
      const tookMs = [];
      const endMs = performance.now() + forMs;
      for (let nowMs = performance.now(); nowMs < endMs;) {
        await run('identity', tookMs.length);
        const doneMs = performance.now();
        tookMs.push(doneMs - nowMs);
        nowMs = doneMs;
      }
      return { p50Us: percentile(tookMs, 0.5) * 1000, p99Us: percentile(tookMs, 0.99) * 1000 };
    },
  }),
};

function aim(metric, kind, text) {
  return timesCost({ number: 'B5', text, metric, us: ours(kind), them: peers(kind), atMost: 1 });
}
