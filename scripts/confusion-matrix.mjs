// Measures how often the profiler's verdict is right. Random pools with a planted cause are simulated, and judged from their reports.
// Writes packages/profiler/test/findings/confusion-matrix.json, and the table of docs/profiler.md from it. Takes some minutes.
//
//   node scripts/confusion-matrix.mjs                all pools, anew
//   node scripts/confusion-matrix.mjs --table        only the table, from the file
//   node scripts/confusion-matrix.mjs --pools 10     this number of pools for each plant
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { register } from 'tsx/esm/api';
import { betweenMarks } from './between-marks.mjs';

const BEGIN = '<!-- confusion matrix: written by scripts/confusion-matrix.mjs -->';
const END = '<!-- confusion matrix: end -->';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
register();
const { runOutcomes, tableOf } = await import('../packages/profiler/test/support/plants/matrix.ts');

const FILE = 'packages/profiler/test/findings/confusion-matrix.json';
const PAGE = 'docs/profiler.md';
const { values } = parseArgs({ options: { table: { type: 'boolean' }, pools: { type: 'string', default: '50' } } });
if (!values.table) {
  const pools = Number(values.pools);
  // Five kinds of healthy pools, and a false alarm in fifty is the limit: so they need more.
  const outcomes = runOutcomes((rule) => (rule === 'R29' ? pools * 5 : pools));
  writeFileSync(FILE, `${JSON.stringify(outcomes)}\n`);
}
const page = readFileSync(PAGE, 'utf8');
const text = `\n${tableOf(JSON.parse(readFileSync(FILE, 'utf8')))}\n`;
writeFileSync(PAGE, betweenMarks({ page, name: PAGE, begin: BEGIN, end: END }, text));
