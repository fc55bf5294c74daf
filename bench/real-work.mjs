// What the questions about real work have in common. Each input of a list is a task. All tasks are submitted at once to two
// workers that are up, and all results are gathered. The second of two passes finds code that V8 has compiled.
//
// The ideal is two bare forks, which have half of the list each beforehand and throw their results away. No pool can be faster,
// because it must bring inputs there and results back. The two cores do that work, too.
import { deepStrictEqual } from 'node:assert';
import { forRealTasks, processPeers, threadPeers } from './contestants.mjs';
import { isDynamic, named, neverSlower, ours, timesCost } from './goals.mjs';
import { allAtOnce, IDEAL, ideal, plainLoop } from './pools/lists.mjs';
import { millpond } from './pools/millpond.mjs';
import { WORKERS } from './warm-round.mjs';
import { TASKS } from './workloads/chosen.mjs';

const FIRST = { key: 'firstMs', unit: 'ms, first pass', better: 'lower' };
const SECOND = { key: 'secondMs', unit: 'ms, second pass', better: 'lower' };
/** Tasks before the clock starts: enough to bring up both workers, and to check the answers. */
const CHECKED = 2 * WORKERS;

/**
 * @param file in workloads/real-work/, with `inputs(count)` and `work(input)` @param what is done, for the title
 * @param serialization 'advanced' where JSON cannot carry the values @param ownThreads its library has threads of its own
 * @param hasQuickPeers peers take part in quick runs: one question is enough, heavy libraries need not be loaded in each
 * @param bars `{ process, thread }`: goals for the time, as multiples of the ideal
 */
export function realWork({
  file,
  what,
  method,
  count,
  serialization,
  ownThreads = false,
  hasQuickPeers = false,
  bars = {},
  needsNode,
}) {
  return {
    numbers: ['B13'],
    group: { name: 'real-work', label: what, reference: IDEAL },
    question: `What does a pool make of real work: ${what}?`,
    method: `${method} All tasks are submitted at once to ${WORKERS} workers that are up, and all results gathered, twice. × ideal compares the second pass with two bare forks. Each fork has half of the list and throws its results away.`,
    needsNode,
    tasks: { file: `real-work/${file}.mjs`, names: ['work'] },
    metrics: [SECOND, FIRST],
    contestants: [
      plainLoop(),
      ...(ownThreads ? [allAtOnce()] : []),
      ideal(),
      millpond('process'),
      ...forRealTasks(processPeers(serialization)),
      millpond('thread'),
      ...forRealTasks(threadPeers()),
    ],
    quickContestants: ({ role }) => role !== 'peer' || hasQuickPeers,
    full: { count },
    quick: { count: CHECKED },
    goals: ['process', 'thread'].flatMap((kind) => [
      ...(bars[kind] === undefined ? [] : [toIdeal(what, kind, bars[kind])]),
      neverSlower({
        number: 'B13',
        text: `${what}: ${kind} pool against the best dynamic peer`,
        metric: SECOND,
        us: ours(kind),
        them: isDynamic(kind),
      }),
    ]),

    async round(contestant, { count }) {
      const { inputs, work } = await import(TASKS);
      const list = await inputs(count);
      const pool = contestant.create(await contestant.load(), { workers: WORKERS, count });
      await pool.ready;
      const pass = pool.pass ?? ((each) => Promise.all(each.map((input) => pool.run('work', input))));
      if (pool.run !== undefined) await check(pool.run, list, work);
      return { firstMs: await timeOf(() => pass(list)), secondMs: await timeOf(() => pass(list)) };
    },
  };
}

function toIdeal(what, kind, atMost) {
  const text = `${what}: ${kind} pool against the ideal`;
  return timesCost({ number: 'B13', text, metric: SECOND, us: ours(kind), them: named(IDEAL), atMost });
}

async function check(run, list, work) {
  const some = list.slice(0, CHECKED);
  const answers = await Promise.all(some.map((input) => run('work', input)));
  const right = await Promise.all(some.map((input) => work(input)));
  deepStrictEqual(answers.map(comparable), right.map(comparable));
}

/** Some libraries clone a Buffer to a Uint8Array, which is as good. */
function comparable(value) {
  return value instanceof Uint8Array ? Buffer.from(value) : value;
}

async function timeOf(pass) {
  const startMs = performance.now();
  await pass();
  return performance.now() - startMs;
}
