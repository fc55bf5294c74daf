// How near does the sizing law come to the best fixed numbers, on machines of 2 to 128 cores? `node simulate/run.mjs
// [--cores 2,16] [--steady | --steps]`
//
// The law is the one that the library ships. Under constant load, the measure is the best of a sweep of fixed numbers.
// A full run is written to results/ and makes docs/sizing-simulated.md anew. A partial run is only printed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { renderPage } from './page.mjs';
import { LAST_MS, RUN_MS, steadyRows } from './steady.mjs';
import { AFTER_MS, stepRows } from './steps.mjs';

const CORES = [2, 4, 8, 16, 32, 64, 128];
const STEP_CORES = [2, 16, 128];
const SEEDS = [1, 2, 3];
const MANY = 64;

const { values } = parseArgs({
  options: { cores: { type: 'string' }, steady: { type: 'boolean' }, steps: { type: 'boolean' } },
});
const cores = values.cores?.split(',').map(Number);
const isFull = cores === undefined && !values.steady && !values.steps;

const steady = values.steps ? [] : collect(cores ?? CORES, steadyRows, steadyLine);
const steps = values.steady ? [] : collect(cores ?? STEP_CORES, stepRows, stepLine);
if (isFull) write({ runMs: RUN_MS, lastMs: LAST_MS, afterMs: AFTER_MS, seeds: SEEDS, steady, steps });

function collect(counts, rowsOf, line) {
  const rows = [];
  for (const count of counts) {
    // Results of more cores have less noise, and take longer.
    for (const row of rowsOf(count, count < MANY ? SEEDS : SEEDS.slice(0, 1))) {
      rows.push(row);
      console.log(line(row));
    }
  }
  return rows;
}

function write(result) {
  const results = join(import.meta.dirname, '../results');
  mkdirSync(results, { recursive: true });
  const page = join(import.meta.dirname, '../../docs/sizing-simulated.md');
  for (const [file, text] of [
    [join(results, 'simulated-sizing.json'), `${JSON.stringify(result, undefined, 2)}\n`],
    [page, renderPage(result)],
  ]) {
    writeFileSync(file, text);
    console.log(`written: ${relative(process.cwd(), file)}`);
  }
}

function steadyLine({ load, efficiency, ...row }) {
  return common(row, load, `${percent(efficiency)} of the best`);
}

function stepLine({ step, regret, ...row }) {
  return common(row, step, `${percent(regret)} regret`);
}

function common({ cores: count, settledMs, overshoot, workers, concurrency, best }, name, what) {
  return [
    String(count).padStart(3),
    name.padEnd(50),
    what.padStart(20),
    `settled ${(settledMs / 1000).toFixed(1).padStart(5)} s`,
    `overshoot ${percent(overshoot).padStart(7)}`,
    `${workers.toFixed(1)} × ${concurrency.toFixed(0)}`.padEnd(12),
    `best fixed ${best.workers} × ${best.concurrency}`,
  ].join('  ');
}

function percent(share) {
  return `${(share * 100).toFixed(1)} %`;
}
