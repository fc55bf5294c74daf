// How long does a pool take to its first answer, and until all its workers answer?
//
// In a fresh process, so that everything is cold, from before the library is imported; what a program has no need of is not
// loaded before that, nor are Node's own modules for processes and threads. The parts stand beside the whole: the import,
// the constructor, and from there to the first answer. Whether a worker is up is not asked of the pool, which each would
// answer in its own way, but seen: when a worker has answered for the first time, it was up.
import { everybody } from './contestants.mjs';
import { costsAtMost, named, ours, timesCost } from './goals.mjs';
import { WORKERS } from './warm-round.mjs';

const FIRST = { key: 'firstMs', unit: 'ms from import to first answer', better: 'lower' };
const LOAD = { key: 'loadMs', unit: 'ms to import', better: 'lower' };
const CONSTRUCT = { key: 'constructMs', unit: 'ms to construct', better: 'lower' };
const ANSWER = { key: 'answerMs', unit: 'ms from there to the first answer', better: 'lower' };
const ALL = { key: 'allMs', unit: `ms from import until ${WORKERS} answered`, better: 'lower' };
const BARE = { process: 'bare fork', thread: 'bare thread' };
const AT_MOST = { process: 1.25, thread: 1.4 };

export default {
  numbers: ['B9'],
  question: 'How long does a pool take to its first answer, and until all its workers answer?',
  method: `In a fresh process, from before the library is imported: the import, the construction of a pool of ${WORKERS} workers, and from there to the first answer.`,
  metrics: [FIRST, LOAD, CONSTRUCT, ANSWER, ALL],
  contestants: everybody().filter(({ kind }) => kind !== 'none'),
  // One sample a round, and a short one.
  full: { rounds: 15 },
  goals: [
    // The same library for both kinds: the better one of two medians of the same thing.
    costsAtMost({ number: 'B9', text: 'import', metric: LOAD, us: ours(), atMost: 8 }),
    ...['process', 'thread'].flatMap((kind) => [
      costsAtMost({ number: 'B9', text: `constructor, ${kind} pool`, metric: CONSTRUCT, us: ours(kind), atMost: 5 }),
      aim(FIRST, kind, `first answer of a ${kind} against a bare one`),
      aim(ALL, kind, `${WORKERS} ${kind} workers up against bare ones`),
    ]),
  ],

  async round(contestant) {
    const startMs = performance.now();
    const library = await contestant.load();
    const loadedMs = performance.now();
    const pool = contestant.create(library, { workers: WORKERS });
    const constructedMs = performance.now();
    const answer = await pool.run('identity', 42);
    const answeredMs = performance.now();
    await untilAllAnswered(pool.run);
    const allMs = performance.now() - startMs;
    const { strictEqual } = await import('node:assert');
    strictEqual(answer, 42);
    return {
      firstMs: answeredMs - startMs,
      loadMs: loadedMs - startMs,
      constructMs: constructedMs - loadedMs,
      answerMs: answeredMs - constructedMs,
      allMs,
    };
  },
};

async function untilAllAnswered(run) {
  const seen = new Set();
  for (;;) {
    const answers = await Promise.all(Array.from({ length: WORKERS }, () => run('whoAmI', 0)));
    for (const { pid, threadId } of answers) seen.add(`${pid} ${threadId}`);
    if (seen.size === WORKERS) return;
    // Asking without a pause would take the processor away from the workers that are starting.
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function aim(metric, kind, text) {
  return timesCost({ number: 'B9', text, metric, us: ours(kind), them: named(BARE[kind]), atMost: AT_MOST[kind] });
}
