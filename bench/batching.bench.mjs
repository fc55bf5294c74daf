// What is `batch()` worth to rows that go into a SQLite file?
//
// SQLite has one writer, so there is one worker. Baselines do the same in the program itself, without a pool. As SQLite comes, each
// transaction waits for the disk. In WAL mode it waits at checkpoints only, and a transaction costs some microseconds.
import { strictEqual } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { named, timesBest } from './goals.mjs';
import { RECORDS } from './values.mjs';

const INSERTS = new URL('./workloads/inserts.mjs', import.meta.url);
const MODES = ['journal', 'WAL'];
const SIZES = [10, 100, 1000];
/** Transactions of a contestant that waits for the disk each time. On a busy disk, one took 28 ms; 100,000 would take an hour. */
const MOST_SYNCED = 1000;
const RATE = { key: 'rowsPerSecond', unit: 'rows/s', better: 'higher' };
const MEAN = { key: 'meanSize', unit: 'rows a transaction', better: 'higher' };

const inProgram = (size) => ({
  role: 'baseline',
  size,
  async insertAll(table, rows) {
    const { openTable } = await import('./workloads/inserts.mjs');
    const { insert, insertAll, count } = openTable(table);
    const startMs = performance.now();
    if (size === 1) for (const row of rows) insert(row);
    else for (let from = 0; from < rows.length; from += size) insertAll(rows.slice(from, from + size));
    const rowsPerSecond = (rows.length / (performance.now() - startMs)) * 1000;
    strictEqual(count(), rows.length);
    return { rowsPerSecond, meanSize: size };
  },
});

const byPool = (size) => ({
  role: 'subject',
  size,
  async insertAll(workerData, rows) {
    const { Pool } = await import('@millpond/core');
    const task = size === 1 ? 'insert' : 'insertAll';
    const pool = new Pool(INSERTS, { workers: 1, workerData, tasks: { insertAll: { batch: { maxSize: size } } } });
    await pool.ready();
    const startMs = performance.now();
    const changes = await Promise.all(rows.map((row) => pool.run(task, row)));
    const rowsPerSecond = (rows.length / (performance.now() - startMs)) * 1000;
    strictEqual(
      changes.every((each) => each === 1),
      true,
    );
    strictEqual(await pool.run('count'), rows.length);
    const meanSize = pool.stats().byTask[task].batch?.meanSize ?? 1;
    await pool.close();
    return { rowsPerSecond, meanSize };
  },
});

const WAYS = {
  'program, one by one': inProgram(1),
  'program, transactions of 100': inProgram(100),
  'Millpond, one by one': byPool(1),
  ...Object.fromEntries(SIZES.map((size) => [`Millpond, batches of ${size}`, byPool(size)])),
};

export default {
  numbers: ['B24'],
  question: 'What is `batch()` worth to rows that go into a SQLite file?',
  method: `100,000 rows of some 120 bytes go to one worker process, all submitted at once; each is a task. One by one, each row is a transaction. Where each transaction waits for the disk, at most 1,000 of them are made. "journal": SQLite as it comes. "WAL": journal_mode WAL and synchronous NORMAL.`,
  outlined: 'the program itself, without a pool',
  needsNode: '22.13',
  metrics: [RATE, MEAN],
  contestants: MODES.flatMap((mode) =>
    Object.entries(WAYS).map(([way, parts]) => ({ ...parts, name: `${way}, ${mode}`, kind: 'process', mode })),
  ),
  full: { rounds: 3, count: 100_000, timeoutMs: 900_000 },
  quick: { count: 200 },
  goals: MODES.flatMap((mode) =>
    SIZES.map((size) =>
      timesBest({
        number: 'B24',
        text: `batches of ${size} against one by one, ${mode}`,
        metric: RATE,
        us: named(`Millpond, batches of ${size}, ${mode}`),
        them: named(`Millpond, one by one, ${mode}`),
        // The common claim is 10 to 100 times.
        atLeast: mode === 'journal' ? Math.min(size / 4, 10) : 1,
      }),
    ),
  ),

  async round({ insertAll, mode, size }, { count: all }) {
    const folder = mkdtempSync(join(tmpdir(), 'millpond-inserts-'));
    const count = mode === 'journal' ? Math.min(all, MOST_SYNCED * size) : all;
    try {
      const rows = Array.from({ length: count }, (_, i) => RECORDS[i % RECORDS.length]);
      return await insertAll({ path: join(folder, 'people.db'), mode }, rows);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
