// How much memory does an idle worker process take?
//
// Each worker reports the resident memory of its own process, after a first task and a second of rest. Threads share their
// memory with the program and are left out. Pages that processes share, such as Node's own code, count in each of them.
import { setTimeout as delay } from 'node:timers/promises';
import { processPeers } from './contestants.mjs';
import { costsMore, named } from './goals.mjs';
import { bareFork } from './pools/bare.mjs';
import { millpond, millpondLifecycle } from './pools/millpond.mjs';
import { WORKERS } from './warm-round.mjs';

const MB = 1e6;
const RSS = { key: 'rssMb', unit: 'MB', better: 'lower' };

export default {
  numbers: ['B10'],
  question: 'How much memory does a worker process take that has nothing to do?',
  method: 'Resident memory of a worker process after a first task and a second of rest, the mean of two workers.',
  metrics: [RSS],
  contestants: [bareFork(), millpond('process'), millpondLifecycle('process'), ...processPeers()],
  full: { restMs: 1000 },
  quick: { restMs: 10 },
  goals: [
    aim('an idle worker process against a bare fork', 'Millpond processes'),
    aim(
      'an idle worker process whose module has a set-up against a bare fork',
      'Millpond processes, with defineWorker',
    ),
  ],

  async round(contestant, { restMs }) {
    const pool = contestant.create(await contestant.load(), { workers: WORKERS });
    await meetWorkers(pool.run);
    await delay(restMs);
    const workers = await meetWorkers(pool.run);
    return { rssMb: workers.reduce((sum, { rssBytes }) => sum + rssBytes, 0) / workers.length / MB };
  },
};

/** Each contestant has a goal of its own: the better of the two would hide the other. */
function aim(text, us) {
  return costsMore({ number: 'B10', text, metric: RSS, us: named(us), them: named('bare fork'), atMost: 3 });
}

/** @returns what each worker reports of itself */
async function meetWorkers(run) {
  const byPid = new Map();
  while (byPid.size < WORKERS) {
    const answers = await Promise.all(Array.from({ length: WORKERS }, () => run('whoAmI', 0)));
    for (const answer of answers) byPid.set(answer.pid, answer);
  }
  return [...byPid.values()];
}
