// Formats the results of a simulation as a page.

const ENOUGH = 0.95;
const ENOUGH_MIXED = 0.9;
const MOST_SETTLED_MS = 5000;
const MOST_OVERSHOOT = 0.25;
const MOST_REGRET = 0.05;

/** @param result as run.mjs writes it */
export function renderPage({ runMs, lastMs, afterMs, seeds, steady, steps }) {
  return `# Sizing, simulated

How near the sizing law comes to the best fixed numbers on simulated machines. Made by
[bench/simulate/](../bench/simulate/run.mjs); \`npm run simulate\` makes it anew, with the law that the library ships. What the law is:
[sizing.md](sizing.md). All figures are in [bench/results/simulated-sizing.json](../bench/results/simulated-sizing.json).

The simulation knows workers with one loop each, cores that are shared evenly, tasks that compute, block and wait with noise, starts that take 60 ms,
and contention for memory by the universal scalability law. It does not know the cost of dispatch, nor other programs: real runs are in
[performance.md](performance.md).

## Steady loads

Work done, against the best of a sweep of fixed numbers: workers from an eighth of the cores to eight times as many, with 1, 4, 16, 64 and 256 tasks at once
in each. A pool that starts knowing nothing, always enough to do, the last ${lastMs / 1000} s of ${runMs / 1000}; the middle of ${seeds.length} runs, one from 64 cores on. The goal is ${percent(ENOUGH)}, and ${percent(ENOUGH_MIXED)}
for mixed loads (marked *).

${table(steady, 'load', nameOf, ({ efficiency }) => percent(efficiency))}

${verdict(
  steady.filter((row) => row.efficiency < (row.isMixed ? ENOUGH_MIXED : ENOUGH)),
  steady,
  'are below the goal',
)}

The numbers it came to, workers × tasks at once in each, and (in brackets) the best fixed ones. Where tasks never wait, more at once in a worker change
nothing, and any number is as good as another:

${table(steady, 'load', nameOf, ({ workers, concurrency, best }) => `${whole(workers)} × ${whole(concurrency)} (${best.workers} × ${best.concurrency})`)}

Settled: from when on both numbers, each second's mean, stay within a quarter, or one, of what they come to. Goal: ${MOST_SETTLED_MS / 1000} s. Overshoot: the most
workers there were, above those in the end. Goal: ${percent(MOST_OVERSHOOT)}.

${worst(steady, 'load')}

## Changes of load

Some seconds of one load, then another; or nothing to do for some minutes, in which a pool gives its workers up one by one, and then more than it can do.
Regret: the share of work not done in the ${afterMs / 1000} s after the change, of what the best fixed numbers do, that were there before. Goal: ${percent(MOST_REGRET)}. Where a
worker takes 5 s to start, the fixed ones have to start, too; those that are there already work meanwhile, so that regret may be below zero.

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

function row(cells) {
  return `| ${cells.join(' | ')} |`;
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
