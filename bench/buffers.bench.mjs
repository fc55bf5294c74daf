// How fast do Buffers of 1 MiB get into 2 workers, and out of them?
import { deepStrictEqual, strictEqual } from 'node:assert';
import { closedLoop } from './closed-loop.mjs';
import { everybody } from './contestants.mjs';
import { ours, peers, timesBest } from './goals.mjs';
import { warmRound } from './warm-round.mjs';

const BYTES = 1 << 20;
// Enough that both workers always have a Buffer, and little enough that no memory is swapped.
const IN_FLIGHT = 8;
// Different Buffers: a single one would stay in the processor's cache.
const READY = Array.from({ length: 32 }, (_, i) => Buffer.alloc(BYTES, `buffer ${i}`));
const IN = { key: 'inPerSecond', unit: 'MiB/s in', better: 'higher' };
const OUT = { key: 'outPerSecond', unit: 'MiB/s out', better: 'higher' };

export default {
  numbers: ['B4'],
  question: 'How fast do Buffers of 1 MiB get into 2 workers, and out of them?',
  method:
    'Eight calls in flight. In: a Buffer for its length. Out: a number for a Buffer. Messages between processes are `advanced`; JSON would turn a Buffer into a list of numbers. Buffers are copied, not transferred: the caller keeps them.',
  metrics: [IN, OUT],
  contestants: everybody({ serialization: 'advanced' }),
  goals: [
    aim(IN, 'a Buffer into processes against the best process pool', 3),
    aim(OUT, 'a Buffer out of processes against the best process pool', 4),
  ],
  round: warmRound({
    async check(run) {
      for (const buffer of READY) strictEqual(await run('byteLength', buffer), BYTES);
      // Some libraries clone a Buffer to a Uint8Array, which is as good.
      deepStrictEqual(Buffer.from(await run('bytes', BYTES)), Buffer.alloc(BYTES, 'millpond'));
    },
    async measure(run, forMs) {
      const loop = { inFlight: IN_FLIGHT, forMs };
      const into = await closedLoop((i) => run('byteLength', READY[i % READY.length]), loop);
      const out = await closedLoop(() => run('bytes', BYTES), loop);
      return { inPerSecond: into.perSecond, outPerSecond: out.perSecond };
    },
  }),
};

function aim(metric, text, atLeast) {
  return timesBest({ number: 'B4', text, metric, us: ours('process'), them: peers('process'), atLeast });
}
