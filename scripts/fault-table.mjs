// Runs the fault tests and writes what they saw into the table of docs/reliability.md.
// `--check` writes nothing and fails when the page differs. `--log=FILE` runs nothing: it reads the log that one or more runs with
// MILLPOND_FAULT_LOG=FILE have left. More arguments go to vitest.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { row as tableRow } from '../bench/table.mjs';
import { betweenMarks } from './between-marks.mjs';

const PAGE = 'docs/reliability.md';
const BEGIN = '<!-- faults:begin -->';
const END = '<!-- faults:end -->';
const COLUMNS = [
  ['process', 1],
  ['process', 4],
  ['thread', 1],
  ['thread', 4],
];

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const options = process.argv.slice(2);
const isCheck = options.includes('--check');
const kept = options.find((option) => option.startsWith('--log='))?.slice('--log='.length);
const { records, status } =
  kept === undefined
    ? runTests(options.filter((option) => option !== '--check'))
    : { records: readRecords(kept), status: 0 };
const before = readFileSync(PAGE, 'utf8');
const style = { ...(await resolveConfig(PAGE)), parser: 'markdown' };
const after = await format(
  betweenMarks({ page: before, name: PAGE, begin: BEGIN, end: END }, `\n${table(records)}\n`),
  style,
);
if (isCheck) {
  if (before !== after) console.error(`${PAGE} shows something else. Write it anew with: node scripts/fault-table.mjs`);
} else {
  writeFileSync(PAGE, after);
}
const failed = records.filter(({ outcome }) => outcome === 'failed');
for (const { row, fault, kind, concurrency, seen } of failed) {
  console.error(`${row} ${fault} (${kind}, ${concurrency}): ${seen}`);
}
console.log(`${records.filter(({ outcome }) => outcome === 'ok').length} ok, ${failed.length} failed`);
process.exitCode = status !== 0 || failed.length > 0 || (isCheck && before !== after) ? 1 : 0;

/** The last run of a test counts. */
function readRecords(log) {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  const records = lines.map((line) => JSON.parse(line));
  return [...new Map(records.map((each) => [`${each.row} ${each.kind} ${each.concurrency}`, each])).values()];
}

function runTests(vitestArguments) {
  const folder = mkdtempSync(join(tmpdir(), 'millpond-fault-table-'));
  const log = join(folder, 'faults.jsonl');
  try {
    const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'faults', 'packages/core/test/faults'];
    const { status: code } = spawnSync(process.execPath, [...args, ...vitestArguments], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, MILLPOND_FAULT_LOG: log },
    });
    return { records: readRecords(log), status: code ?? 1 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function table(all) {
  const rows = new Map();
  for (const entry of all) {
    const cells = rows.get(entry.row) ?? { ...entry, seen: new Map() };
    cells.seen.set(`${entry.kind} ${entry.concurrency}`, entry);
    rows.set(entry.row, cells);
  }
  const sorted = [...rows.values()].sort((a, b) => parseInt(a.row) - parseInt(b.row) || (a.row < b.row ? -1 : 1));
  const columns = COLUMNS.map(([kind, concurrency]) => `${kind}, ${concurrency}`);
  const lines = [['', 'fault', 'injected how', 'expected', ...columns], Array(8).fill('---')];
  for (const { row, fault, injected, expected, seen } of sorted) {
    lines.push([row, fault, injected, expected, ...cellsOf(seen)]);
  }
  return lines.map((cells) => tableRow(cells.map(escape))).join('\n');
}

/** The cell of each column; a text that repeats the one before it becomes a ditto mark. */
function cellsOf(seen) {
  let last;
  return COLUMNS.map(([kind, concurrency]) => {
    const entry = seen.get(`${kind} ${concurrency}`);
    const text = entry === undefined ? 'not run' : wordsOf(entry);
    const shown = text === last ? '"' : text;
    last = text;
    return shown;
  });
}

function wordsOf({ outcome, seen }) {
  if (outcome === 'ok') return seen;
  if (outcome === 'failed') return `**failed**: ${seen}`;
  return seen.startsWith('later') ? seen : `n/a: ${seen}`;
}

function escape(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
