// How long does a pool take to its first answer, and until all its workers answer?
//
// Time counts from before the import of the library, in a fresh process, so that everything is cold. Modules that a program does
// not need are not loaded before that, nor are Node's modules for processes and threads. Three parts stand beside the whole:
// the import, the constructor, and the time from there to the first answer. A worker counts as up with its first answer,
// because each pool would report it in its own way.
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
  method: `From before the import of the library, in a fresh process. Parts: the import, the construction of a pool of ${WORKERS} workers, and the rest to the first answer.`,
  metrics: [FIRST, LOAD, CONSTRUCT, ANSWER, ALL],
  contestants: everybody().filter(({ kind }) => kind !== 'none'),
  // A round gives only one sample, and is short.
  full: { rounds: 15 },
  goals: [
    // The import is the same for both kinds, so the better of the two medians counts.
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
