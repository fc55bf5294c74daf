// What the questions about medium values have in common. Values go in for a number, and come out for a number.
import { closedLoop } from './closed-loop.mjs';
import { everybody, forRealTasks } from './contestants.mjs';
import { warmRound } from './warm-round.mjs';

const MEBIBYTE = 1 << 20;
// Enough that both workers always have a value.
const IN_FLIGHT = 16;
/** Different values: a single one would stay in the processor's cache. */
const DIFFERENT = 64;

/**
 * @param values one entry for each sort: `{ key, label, make: (i) => value, bytes, into: [task], outOf: [task, input], isRight(answer, value) }`
 * @param goals made of the metrics `<key>In` and `<key>Out`
 */
export function payloads({ question, method, values, serialization, goals }) {
  return {
    numbers: ['B14'],
    question,
    method: `${method} Sixteen calls in flight.`,
    metrics: values.flatMap(({ key, label }) => [metric(key, label, 'in'), metric(key, label, 'out')]),
    contestants: forRealTasks(everybody({ serialization })),
    full: { rounds: 3, warmupMs: 200, measureMs: 300 },
    goals,
    round: warmRound({
      async check(run) {
        for (const { make, into, outOf, isRight } of values) {
          await isRight(await run(into, make(1)), await run(...outOf));
        }
      },
      async measure(run, forMs) {
        const loop = { inFlight: IN_FLIGHT, forMs };
        const rates = {};
        for (const { key, make, bytes, into, outOf } of values) {
          const ready = Array.from({ length: DIFFERENT }, (_, i) => make(i));
          const inward = await closedLoop((i) => run(into, ready[i % DIFFERENT]), loop);
          const outward = await closedLoop(() => run(...outOf), loop);
          rates[`${key}In`] = (inward.perSecond * bytes) / MEBIBYTE;
          rates[`${key}Out`] = (outward.perSecond * bytes) / MEBIBYTE;
        }
        return rates;
      },
    }),
  };
}

export function metric(key, label, way) {
  return { key: key + (way === 'in' ? 'In' : 'Out'), unit: `MiB/s, ${label} ${way}`, better: 'higher' };
}
