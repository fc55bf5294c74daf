// Does it cost more to hand a task to one of many workers than to one of two?
//
// Threads, whose handlers only return, so that a hundred of them fit on a small machine. What counts is the processor time
// of the program's own thread; wall time would say how the workers compete for the cores. Twice as much work is asked of
// twice as many workers, so that what a frame carries stays the same:
//
// - with one caller a worker every task travels alone, and the choice of a worker is the only thing that can grow;
// - with 64 callers a worker it travels with others, as far as the worker gets its turn on the cores: the more threads
//   share them, the fewer tasks it answers at a time, and what a frame costs is shared by fewer.
import { checkIdentity } from './answers.mjs';
import { closedLoop } from './closed-loop.mjs';
import { threadPeers } from './contestants.mjs';
import { bestMedian } from './statistics.mjs';
import { parentCpuMs } from './parent-cpu.mjs';
import { millpond } from './pools/millpond.mjs';
import { named } from './goals.mjs';
import { warmRound } from './warm-round.mjs';

const COUNTS = [2, 8, 32, 128];
const MANY = 64;
const ALONE = { key: 'aloneUs', unit: 'µs a task, 1 caller a worker', better: 'lower' };
const TOGETHER = { key: 'togetherUs', unit: `µs a task, ${MANY} callers a worker`, better: 'lower' };

export default {
  numbers: ['B12'],
  question: 'Does it cost more to hand a task to one of many workers than to one of two?',
  method:
    "Processor time of the program's own thread a task, with threads whose handlers only return. One caller a worker, and 64.",
  metrics: [ALONE, TOGETHER],
  contestants: [millpond('thread'), ...threadPeers().filter(({ isForQuick }) => isForQuick)].flatMap(withCounts),
  quickContestants: ({ workers }) => workers === 2 || workers === 32,
  goals: [ALONE, TOGETHER].map(flatness),
  round: warmRound({
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

/** The dearest count against the cheapest. */
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
