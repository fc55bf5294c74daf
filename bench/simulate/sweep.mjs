// What is each constant of the sizing law worth? `node simulate/sweep.mjs [--cores 4] [--seeds 1] [--factors 0.25,4]
// [--only WORTH,NOISE]`
//
// Each constant in turn is a quarter and four times what it is. Steady loads and changes of load then run as in
// run.mjs. A line shows the difference to the law as shipped: its mean, and the least
// and largest. It is in per cent of the best fixed numbers' work. A constant whose lines show none is hardly needed.
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { parseArgs } from 'node:util';
import { steadyRows } from './steady.mjs';
import { stepRows } from './steps.mjs';

const SIZING = new URL('../../packages/core/dist/sizing/', import.meta.url);
const FILES = ['decide', 'ease', 'probing', 'rate', 'shrink-votes', 'targets', 'trial', 'workload-profile'];
/** A number that is one of these counts things, so a part of it means nothing. */
const isWhole = (value) => Number.isInteger(value) && value < 20;

register('./other-numbers.mjs', import.meta.url);

const { values } = parseArgs({
  options: {
    cores: { type: 'string', default: '4' },
    seeds: { type: 'string', default: '1' },
    factors: { type: 'string', default: '0.25,4' },
    only: { type: 'string' },
  },
});
const cores = numbers(values.cores);
const seeds = numbers(values.seeds);
const factors = numbers(values.factors);
const only = values.only?.split(',');

const shipped = outcome(await lawWith());
console.log(line('as shipped', shipped, shipped));
for (const { file, name, value } of constants()) {
  if (only?.includes(name) === false) continue;
  for (const other of others(value)) {
    const label = `${file} ${name} ${value} → ${Number(other.toPrecision(3))}`;
    console.log(line(label, outcome(await lawWith({ file, name, other })), shipped));
  }
}

function numbers(text) {
  return text.split(',').map(Number);
}

/** Constants with a number, in the files of the law. */
function* constants() {
  for (const file of FILES) {
    const text = readFileSync(new URL(`${file}.js`, SIZING), 'utf8');
    for (const [, name, number] of text.matchAll(/^(?:export )?const ([A-Z_]+) = ([\d_.]+);/gm)) {
      yield { file, name, value: Number(number.replaceAll('_', '')) };
    }
  }
}

function others(value) {
  const scaled = factors.map((factor) => (isWhole(value) ? Math.max(1, Math.round(value * factor)) : value * factor));
  return [...new Set(scaled)].filter((other) => other !== value);
}

/** The law with one other number. */
function lawWith(change) {
  const query = change === undefined ? '' : `?${new URLSearchParams({ ...change, other: String(change.other) })}`;
  return import(`${new URL('decide.js', SIZING)}${query}`);
}

/** All runs with a law, as few figures. */
function outcome(law) {
  const steady = cores.flatMap((count) => [...steadyRows(count, seeds, law)]);
  const steps = cores.flatMap((count) => [...stepRows(count, seeds, law)]);
  return { steady, steps };
}

function line(label, { steady, steps }, shipped) {
  const work = steady.map(({ efficiency }, index) => (efficiency - shipped.steady[index].efficiency) * 100);
  const regret = steps.map((step, index) => (step.regret - shipped.steps[index].regret) * 100);
  const settled = [...steady, ...steps].map(({ settledMs }) => settledMs / 1000);
  return [
    label.padEnd(48),
    `work ${signed(mean(work))} (${signed(Math.min(...work))} … ${signed(Math.max(...work))})`,
    `regret ${signed(mean(regret))} (${signed(Math.min(...regret))} … ${signed(Math.max(...regret))})`,
    `settled ${mean(settled).toFixed(2)} s, at most ${Math.max(...settled).toFixed(1)} s`,
  ].join('  ');
}

function mean(list) {
  return list.reduce((sum, each) => sum + each, 0) / list.length;
}

function signed(number) {
  return `${number < 0 ? '−' : '+'}${Math.abs(number).toFixed(1)}`;
}
