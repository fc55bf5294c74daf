// Writes the comparison of README.md from measurements: faults from docs/faults.md, speed from the newest files of bench/results/.
// A test compares the page with it. Run it after `npm run bench` or `node bench/faults/run.mjs --write`.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PLURAL } from '../bench/kinds.mjs';
import { newestResults } from '../bench/newest-results.mjs';
import { row } from '../bench/table.mjs';
import { betweenMarks } from './between-marks.mjs';

const BEGIN = '<!-- comparison: written by scripts/readme-table.mjs -->';
const END = '<!-- comparison: end -->';
const POOLS = ['Millpond', 'tinypool', 'piscina', 'workerpool'];
const KINDS = Object.entries(PLURAL);
/** Rows of docs/faults.md, and their names in README. */
const FAULTS = [
  ['`process.exit(3)` in a task', 'a task calls `process.exit(3)`'],
  ['exception from a timer, after the result', 'a timer of a task throws after its result'],
  ['program killed, worker in endless loop', 'the program is killed while a worker spins'],
];
const SPEEDS = [
  { id: 'identity', metric: 'tasksPerSecond', text: 'tiny tasks a second, 1,000 in flight' },
  { id: 'one-after-another', metric: 'p50Us', text: 'one call after another, median' },
  { id: 'start-up', metric: 'firstMs', text: 'first answer of a new pool' },
];

const root = fileURLToPath(new URL('..', import.meta.url));
if (process.argv[1] === import.meta.filename) {
  const page = join(root, 'README.md');
  writeFileSync(page, withComparison(readFileSync(page, 'utf8'), comparison(root)));
}

/** The page with this table between its marks. */
export function withComparison(page, table) {
  return betweenMarks({ page, name: 'README.md', begin: BEGIN, end: END }, table);
}

/** The table, from the files of a checkout. */
export function comparison(folder) {
  const faults = faultCells(readFileSync(join(folder, 'docs/faults.md'), 'utf8'));
  const results = newestResults(join(folder, 'bench/results'));
  const rows = [
    ['', ...POOLS],
    ['---', ...POOLS.map(() => '---')],
    ...FAULTS.map(([fault, text]) => [
      text,
      ...POOLS.map((pool) => bothKinds(KINDS.map(([, kind]) => faults(fault, `${pool.toLowerCase()} ${kind}`)))),
    ]),
    ...SPEEDS.map(({ id, metric, text }) => {
      const { link, cell } = speedCells(results.get(id), metric);
      return [
        `${text} ([${link}](docs/performance.md#${id}))`,
        ...POOLS.map((pool) => bothKinds(KINDS.map(([kind]) => cell(pool, kind)))),
      ];
    }),
  ];
  return rows.map(row).join('\n');
}

/** One text where processes and threads agree, or where a library has only one kind. */
function bothKinds([processes, threads]) {
  if (processes === undefined && threads === undefined) throw new Error('A pool of the table was not measured.');
  if (processes === undefined) return `— / ${threads}`;
  return processes === threads ? processes : `${processes} / ${threads}`;
}

/** Finds cells of docs/faults.md by the text of a row and a column. */
function faultCells(page) {
  const tables = page.split(/\n(?=\n\| {2}\|)/).map((part) =>
    part
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .map(cellsOf),
  );
  return (row, column) => {
    for (const [head = [], ...rows] of tables) {
      const found = rows.find(([name]) => name === row);
      if (found !== undefined && head.length === found.length) return found[head.indexOf(column)];
    }
    throw new Error(`docs/faults.md has no row "${row}".`);
  };
}

function cellsOf(line) {
  return line
    .slice(2, -2)
    .split(' | ')
    .map((cell) => cell.trim());
}

/** Of a peer, the best setting counts (as it comes, 16 a worker, …); of Millpond, only its defaults. */
function speedCells({ date, metrics, contestants }, metric) {
  const { unit, better } = metrics.find(({ key }) => key === metric);
  return {
    link: date.slice(0, 10),
    cell(pool, kind) {
      const measured = contestants
        .filter(
          (each) =>
            each.kind === kind &&
            (pool === 'Millpond'
              ? each.role === 'subject' && !each.name.includes(',')
              : each.name.startsWith(`${pool} `)),
        )
        .flatMap(({ results }) => (results === undefined ? [] : [results[metric].median]));
      if (measured.length === 0) return undefined;
      const best = better === 'higher' ? Math.max(...measured) : Math.min(...measured);
      // Only the beginning of a unit such as "µs p50", because the row's text has the rest. A rate keeps all of it.
      return unit.endsWith('/s') ? rounded(best) : `${rounded(best)} ${unit.split(' ')[0]}`;
    },
  };
}

/** Two digits: machines differ by more. */
function rounded(value) {
  return Number(value.toPrecision(2)).toLocaleString('en');
}
