// Does it cost more to hand a task to one of many workers than to one of two?
//
// Handlers only return, and workers are threads, so a hundred of them fit on a small machine. The measure is the processor time
// of the program's own thread. Wall time would show how the workers compete for the cores. Twice as many workers get twice as
// much work, so that a frame carries as much as before:
//
// - With one caller for each worker, every task travels alone. Only the cost of choosing a worker can grow.
// - With 64 callers for each worker, tasks travel together, as far as the worker gets its turn on the cores. The more threads
//   share the cores, the fewer tasks a worker answers at a time, and the fewer share the cost of a frame.
import { checkIdentity } from './answers.mjs';
import { closedLoop } from './closed-loop.mjs';
import { threadPeers } from './contestants.mjs';
import { named } from './goals.mjs';
import { parentCpuMs } from './parent-cpu.mjs';
import { millpond } from './pools/millpond.mjs';
import { bestMedian } from './statistics.mjs';
import { THREADS_UP_IN_A_SECOND, warmRound } from './warm-round.mjs';

const COUNTS = [2, 8, 32, 128];
const MANY = 64;
const ALONE = { key: 'aloneUs', unit: 'µs a task, 1 caller a worker', better: 'lower' };
const TOGETHER = { key: 'togetherUs', unit: `µs a task, ${MANY} callers a worker`, better: 'lower' };

export default {
  numbers: ['B12'],
  question: 'Does it cost more to hand a task to one of many workers than to one of two?',
  method:
    "Processor time of the program's own thread for each task. Workers are threads, and handlers only return. One caller a worker, and 64.",
  metrics: [ALONE, TOGETHER],
  contestants: [millpond('thread'), ...threadPeers().filter(({ isForQuick }) => isForQuick)].flatMap(withCounts),
  quickContestants: ({ workers }) => workers === 2 || workers === 32,
  // 24 contestants, which take ten minutes.
  full: { rounds: 3 },
  goals: [ALONE, TOGETHER].map(flatness),
  round: warmRound({
    upInASecond: THREADS_UP_IN_A_SECOND,
    check: (run) => checkIdentity(run),
    async measure(run, forMs, { workers }) {
      const aloneUs = await cpuUsPerTask(run, workers, forMs);
      return { aloneUs, togetherUs: await cpuUsPerTask(run, workers * MANY, forMs) };
    },
  }),
};

function withCounts(contestant) {
  return COUNTS.map((workers) => ({ ...contestant, name: `${contestant.name}, ${workers} workers`, workers }));
}

/** Ratio of the dearest count to the cheapest. */
function flatness(metric) {
  const costs = (contestants) =>
    COUNTS.map((workers) =>
      bestMedian(contestants, named(`Millpond threads, ${workers} workers`), metric.key, 'lower'),
    );
  return {
    number: 'B12',
    text: `dearest number of workers against the cheapest, ${metric.unit}`,
    unit: '×',
    atMost: 1.2,
    value(contestants) {
      const known = costs(contestants).filter((cost) => cost !== undefined);
      return known.length === 0 ? undefined : Math.max(...known) / Math.min(...known);
    },
  };
}

async function cpuUsPerTask(run, inFlight, forMs) {
  const before = parentCpuMs();
  const { done } = await closedLoop((i) => run('identity', i), { inFlight, forMs });
  return ((parentCpuMs() - before) / done) * 1000;
}
