// How long does a pool take to its first answer, and until all its workers answer?
//
// In a fresh process, so that everything is cold. Loading the library is told apart: a program does it once, whatever it
// starts, and a bare fork has nothing to load. Whether a worker is up is not asked of the pool, which each would answer
// in its own way, but seen: when a worker has answered for the first time, it was up.
import { deepStrictEqual } from 'node:assert';
import { setTimeout as delay } from 'node:timers/promises';
import { everybody } from './contestants.mjs';
import { named, ours, timesCost } from './goals.mjs';
import { WORKERS } from './warm-round.mjs';

const FIRST = { key: 'firstMs', unit: 'ms to the first answer', better: 'lower' };
const ALL = { key: 'allMs', unit: `ms until ${WORKERS} answered`, better: 'lower' };
const LOAD = { key: 'loadMs', unit: 'ms to load the library', better: 'lower' };
const BARE = { process: 'bare fork', thread: 'bare thread' };

export default {
  numbers: ['B9'],
  question: 'How long does a pool take to its first answer, and until all its workers answer?',
  method: `From the construction of a pool of ${WORKERS} workers in a fresh process; the time it took to load the library, which comes before that, is told apart.`,
  metrics: [FIRST, ALL, LOAD],
  contestants: everybody().filter(({ kind }) => kind !== 'none'),
  // One sample a round, and a short one.
  full: { rounds: 15 },
  goals: ['process', 'thread'].flatMap((kind) => [
    aim(FIRST, kind, `first answer of a ${kind} against a bare one`),
    aim(ALL, kind, `${WORKERS} ${kind} workers up against bare ones`),
  ]),

  async round(contestant) {
    const startMs = performance.now();
    const library = await contestant.load();
    const loadedMs = performance.now();
    const pool = contestant.create(library, { workers: WORKERS });
    deepStrictEqual(await pool.run('identity', 42), 42);
    const firstMs = performance.now() - loadedMs;
    await untilAllAnswered(pool.run);
    const allMs = performance.now() - loadedMs;
    return { firstMs, allMs, loadMs: loadedMs - startMs };
  },
};

async function untilAllAnswered(run) {
  const seen = new Set();
  for (;;) {
    const answers = await Promise.all(Array.from({ length: WORKERS }, () => run('whoAmI', 0)));
    for (const { pid, threadId } of answers) seen.add(`${pid} ${threadId}`);
    if (seen.size === WORKERS) return;
    // Asking without a pause would take the processor away from the workers that are starting.
    await delay(1);
  }
}

function aim(metric, kind, text) {
  return timesCost({ number: 'B9', text, metric, us: ours(kind), them: named(BARE[kind]), atMost: 1.1 });
}
