// Formats the results of a simulation as a page.
import { row } from '../table.mjs';

const ENOUGH = 0.95;
const ENOUGH_MIXED = 0.9;
const MOST_SETTLED_MS = 5000;
const MOST_OVERSHOOT = 0.25;
const MOST_REGRET = 0.05;

/** @param result as run.mjs writes it */
export function renderPage({ runMs, lastMs, afterMs, seeds, steady, steps }) {
  return `# Sizing, simulated

This page shows how near the sizing law comes to the best fixed numbers on simulated machines. Made by
[bench/simulate/](../bench/simulate/run.mjs); \`npm run simulate\` makes it anew, with the law that the library ships. [sizing.md](sizing.md) explains
the law. All figures are in [bench/results/simulated-sizing.json](../bench/results/simulated-sizing.json).

The simulation has workers with one loop each, and cores that are shared evenly. Tasks compute, block and wait, with noise; starts take 60 ms.
Contention for memory follows the universal scalability law. The cost of dispatch and other programs are left out: real runs are in
[performance.md](performance.md).

## Steady loads

Work done, as a share of the best of a sweep of fixed numbers. The sweep has 1/8 to 8 times as many workers as cores. Each has 1, 4, 16, 64 or 256 tasks
at once. The pool starts without measurements and always has tasks. The last ${lastMs / 1000} s of ${runMs / 1000} count, in the middle of ${seeds.length} runs, or in one from 64 cores on.
The goal is ${percent(ENOUGH)}, and ${percent(ENOUGH_MIXED)} for mixed loads (marked *).

${table(steady, 'load', nameOf, ({ efficiency }) => percent(efficiency))}

${verdict(
  steady.filter((row) => row.efficiency < (row.isMixed ? ENOUGH_MIXED : ENOUGH)),
  steady,
  'are below the goal',
)}

The last numbers of the pool, as workers × tasks at once in each, with the best fixed ones in brackets. If tasks never wait, more of them at once
in a worker change nothing, and all numbers are equally good.

${table(steady, 'load', nameOf, ({ workers, concurrency, best }) => `${whole(workers)} × ${whole(concurrency)} (${best.workers} × ${best.concurrency})`)}

Settled: the time from which both numbers stay near their last values. Near means within a quarter, or one, as means of a second. Goal: ${MOST_SETTLED_MS / 1000} s.
Overshoot: the largest number of workers, above the last one. Goal: ${percent(MOST_OVERSHOOT)}.

${worst(steady, 'load')}

## Changes of load

Some seconds of one load, then another. Or no tasks for some minutes, in which the pool gives up workers singly, and then a full queue.
Regret: work not done in the ${afterMs / 1000} s after the change, as a share of the best fixed numbers' work. Their workers were up before. Goal: ${percent(MOST_REGRET)}. If a worker
takes 5 s to start, the fixed workers must start, too. The pool's own workers already work meanwhile, so regret may be below zero.

${table(
  steps,
  'step',
  ({ step }) => step,
  ({ regret, settledMs }) => `${percent(regret)}, ${seconds(settledMs)}`,
)}

${verdict(
  steps.filter(({ regret }) => regret > MOST_REGRET),
  steps,
  'are above the goal',
)}

Workers before the change and in the end, with the tasks at once in each:

${table(
  steps,
  'step',
  ({ step }) => step,
  ({ workersBefore, workers, concurrency }) => `${workersBefore} → ${whole(workers)} × ${whole(concurrency)}`,
)}

${worst(steps, 'step')}
`;
}

function nameOf({ load, isMixed }) {
  return isMixed ? `${load} *` : load;
}

/** A row for each load or step, a column for each number of cores. */
function table(rows, key, name, cell) {
  const counts = [...new Set(rows.map(({ cores }) => cores))];
  const names = [...new Set(rows.map((each) => each[key]))];
  const lines = names.map((each) => {
    const own = rows.filter((candidate) => candidate[key] === each);
    return row([name(own[0]), ...own.map(cell)]);
  });
  const heads = ['', ...counts.map((count) => `${count} cores`)];
  return [row(heads), row(['---', ...counts.map(() => '--:')]), ...lines].join('\n');
}

function worst(rows, key) {
  const of = (figure) => rows.reduce((most, each) => (each[figure] > most[figure] ? each : most));
  const [late, high] = [of('settledMs'), of('overshoot')];
  const where = (each) => `${each[key]}, ${each.cores} cores`;
  return [
    row(['', 'worst case', 'of all', 'goal']),
    row(['---', '--:', '---', '--:']),
    row(['settled', seconds(late.settledMs), where(late), seconds(MOST_SETTLED_MS)]),
    row(['overshoot', percent(high.overshoot), high.overshoot === 0 ? '' : where(high), percent(MOST_OVERSHOOT)]),
  ].join('\n');
}

function verdict(missed, rows, what) {
  return missed.length === 0 ? `All ${rows.length} meet the goal.` : `${missed.length} of ${rows.length} ${what}.`;
}

function percent(share) {
  const shown = (Math.abs(share) * 100).toFixed(Math.abs(share) < 0.1 ? 1 : 0);
  return `${share < 0 && Number(shown) !== 0 ? '−' : ''}${shown} %`;
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

function whole(number) {
  return String(Math.round(number));
}
