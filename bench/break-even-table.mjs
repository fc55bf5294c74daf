// The table of the guide that says when a pool pays, made from the result of break-even.bench.mjs.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { betweenMarks } from '../scripts/between-marks.mjs';
import { number, row } from './table.mjs';

const BEGIN = '<!-- break-even: written by bench/ -->';
const END = '<!-- break-even: end -->';

/** Writes the table between the two marks; does nothing without the guide or a result. */
export function fillGuide(results, file) {
  const result = results.find(({ id }) => id === 'break-even');
  if (result === undefined || !existsSync(file)) return;
  const marked = { page: readFileSync(file, 'utf8'), name: file, begin: BEGIN, end: END };
  writeFileSync(file, betweenMarks(marked, `\n${renderBreakEven(result)}\n`));
}

function renderBreakEven({ metrics, contestants, date, machine, versions }) {
  const head = ['workers, value', ...metrics.map(({ unit }) => unit.replace('× at ', ''))];
  const rows = contestants
    .filter(({ results }) => results !== undefined)
    .map(({ name, results }) => [name, ...metrics.map(({ key }) => cell(results[key].median))]);
  const table = [head, head.map((_, column) => (column === 0 ? '---' : '--:')), ...rows].map(row).join('\n');
  return `${table}

Measured on ${date.slice(0, 10)} with Node.js ${versions.node}, ${machine.cores} cores (${machine.cpu}); bold where the pool is faster than the loop.`;
}

function cell(speedup) {
  return speedup > 1 ? `**${number(speedup)}**` : number(speedup);
}
