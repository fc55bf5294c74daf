// How many runs and redraws do throttle, debounce and coalesce save?
//
// Three well-known rows: ten keystrokes of a search field, a hundred scroll events, a hundred status updates of a display. The
// keystrokes come 50 ms apart, the scroll events 10 ms apart, and the updates in one loop. Beside each row stands a program that runs
// a task, or redraws, for every event.
//
// Workers are those of one process pool. Runs are counted by the handler's side: `stats().tasks.completed`.
import { strictEqual } from 'node:assert';
import { setTimeout as wait } from 'node:timers/promises';
import { costsAtMost, named } from './goals.mjs';
import { TASKS } from './workloads/chosen.mjs';

const RUNS = { key: 'runs', unit: 'runs', better: 'lower' };
const LATE = { key: 'lateMs', unit: 'ms from the last event to its result', better: 'lower' };

/** Rows: events, and how they are shaped. */
const ROWS = {
  keystrokes: { events: 10, apartMs: 50, shaping: { debounce: { waitMs: 100 } } },
  'scroll events': { events: 100, apartMs: 10, shaping: { throttle: { everyMs: 100 } } },
};
const UPDATES = 100;
const REDRAW_MS = 50;

const millpond = () => import('@millpond/core');
const NAMES = [...Object.keys(ROWS), 'status updates'];

export default {
  numbers: ['B27'],
  question: 'How many runs and redraws do throttle, debounce and coalesce save?',
  method:
    'Ten keystrokes, 50 ms apart, before a debounce of 100 ms. A hundred scroll events, 10 ms apart, before a throttle of 100 ms. A hundred status updates in one loop, before a coalesce of 50 ms. Beside each, every event runs.',
  outlined: 'every event runs',
  metrics: [RUNS, LATE],
  contestants: NAMES.flatMap((row) => [
    { name: `${row}, shaped`, role: 'subject', kind: 'process', row, isShaped: true, load: millpond },
    { name: `${row}, all`, role: 'baseline', kind: 'process', row, isShaped: false, load: millpond },
  ]),
  full: { rounds: 5 },
  goals: [
    ['keystrokes', 1],
    ['scroll events', 11],
    ['status updates', 1],
  ].map(([row, atMost]) =>
    costsAtMost({
      number: 'B27',
      text: `runs of ${row === 'keystrokes' ? 10 : 100} ${row}`,
      metric: RUNS,
      us: named(`${row}, shaped`),
      atMost,
    }),
  ),

  async round({ row, isShaped, load }) {
    const core = await load();
    return row === 'status updates' ? redraws(core, isShaped) : runs(core, ROWS[row], isShaped);
  },
};

/** Calls a task for each event, and waits for all results. */
async function runs({ Pool }, { events, apartMs, shaping }, isShaped) {
  const pool = new Pool(TASKS, { workers: 1, tasks: { identity: isShaped ? shaping : {} } });
  await pool.ready();
  const results = [];
  const startMs = performance.now();
  for (let n = 0; n < events; n++) {
    // By the time of the first: a timer that is late makes no later event late.
    if (n > 0) await wait(Math.max(0, startMs + n * apartMs - performance.now()));
    results.push(pool.run('identity', n));
  }
  const lastMs = performance.now();
  strictEqual(await results.at(-1), events - 1);
  const lateMs = performance.now() - lastMs;
  await Promise.all(results);
  const { completed } = pool.stats().tasks;
  await pool.close();
  return { runs: completed, lateMs };
}

/** Shows each update, or the latest in a time. A redraw writes one line of text, to nowhere. */
async function redraws({ coalesce }, isShaped) {
  let drawn = 0;
  let shown;
  const { promise, resolve } = withResolvers();
  const redraw = ([update]) => {
    drawn++;
    shown = `${update.done} of ${UPDATES} done`;
    if (update.done === UPDATES) resolve();
  };
  const show = isShaped ? coalesce({ everyMs: REDRAW_MS }, redraw) : (update) => redraw([update]);
  // The timer of coalesce keeps no program running.
  const alive = setInterval(() => {}, 1000);
  for (let done = 1; done <= UPDATES; done++) show({ done });
  const lastMs = performance.now();
  await promise;
  clearInterval(alive);
  strictEqual(shown, `${UPDATES} of ${UPDATES} done`);
  return { runs: drawn, lateMs: performance.now() - lastMs };
}

function withResolvers() {
  let resolve;
  const promise = new Promise((fulfil) => (resolve = fulfil));
  return { promise, resolve };
}
