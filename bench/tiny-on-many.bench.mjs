// What becomes of tiny tasks when there are many workers?
//
// A thousand callers whatever the number of workers, so that each of many workers has few of the tasks. Tiny tasks cost mostly
// messages, and tasks that are shared out evenly travel only a few in each. B12 does not show that, because its callers grow
// with the workers.
import { checkIdentity } from './answers.mjs';
import { closedLoop } from './closed-loop.mjs';
import { processPeers, threadPeers } from './contestants.mjs';
import { named } from './goals.mjs';
import { PLURAL } from './kinds.mjs';
import { millpond } from './pools/millpond.mjs';
import { bestMedian } from './statistics.mjs';
import { warmRound } from './warm-round.mjs';

const COUNTS = [2, 8, 32, 64];
const PEER_COUNTS = [2, 32];
const CALLERS = 1000;
const RATE = { key: 'tasksPerSecond', unit: 'tasks/s', better: 'higher' };

export default {
  numbers: ['B15'],
  question: 'What becomes of tiny tasks when there are many workers?',
  method: 'Identity tasks on 2 to 64 workers. 1,000 callers call again as soon as they have their answer.',
  metrics: [RATE],
  contestants: [
    ...onEach(COUNTS, [millpond('process')]),
    ...onEach(PEER_COUNTS, processPeers().filter(isShown)),
    ...onEach(COUNTS, [millpond('thread')]),
    ...onEach(PEER_COUNTS, threadPeers().filter(isShown)),
  ],
  full: { rounds: 3 },
  quickContestants: ({ workers }) => workers <= 8,
  goals: ['process', 'thread'].map(share),
  round: warmRound({
    check: (run) => checkIdentity(run),
    async measure(run, forMs) {
      const { perSecond } = await closedLoop((i) => run('identity', i), { inFlight: CALLERS, forMs });
      return { tasksPerSecond: perSecond };
    },
  }),
};

function isShown({ library, isForQuick }) {
  return isForQuick && library !== 'worker-farm';
}

function onEach(counts, contestants) {
  return contestants.flatMap((each) =>
    counts.map((workers) => ({ ...each, name: `${each.name}, ${workers} workers`, workers })),
  );
}

/** The rate on 32 workers as a share of that on 2. */
function share(kind) {
  const rate = (contestants, workers) =>
    bestMedian(contestants, named(`Millpond ${PLURAL[kind]}, ${workers} workers`), RATE.key, RATE.better);
  return {
    number: 'B15',
    text: `1,000 callers on 32 ${PLURAL[kind]} against 2`,
    unit: '×',
    atLeast: 0.5,
    value(contestants) {
      const [many, two] = [rate(contestants, 32), rate(contestants, 2)];
      return many === undefined || two === undefined ? undefined : many / two;
    },
  };
}
