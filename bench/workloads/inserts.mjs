// Rows into a SQLite file, by one worker. Each row has its own transaction, or a batch of rows has one.
import { DatabaseSync } from 'node:sqlite';
import { batch, defineWorker } from '@millpond/core/worker';

const PRAGMAS = { journal: '', WAL: 'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;' };

/** @param mode 'journal', as SQLite comes, or 'WAL', which waits for the disk only at checkpoints */
export function openTable({ path, mode }) {
  const database = new DatabaseSync(path);
  database.exec(PRAGMAS[mode]);
  database.exec('CREATE TABLE people (id INTEGER, name TEXT, email TEXT, active INTEGER, city TEXT, score REAL)');
  const statement = database.prepare('INSERT INTO people VALUES (?, ?, ?, ?, ?, ?)');
  const insert = ({ id, name, email, active, city, score }) =>
    Number(statement.run(id, name, email, active ? 1 : 0, city, score).changes);
  return {
    insert,
    insertAll(rows) {
      database.exec('BEGIN');
      try {
        const changes = rows.map(insert);
        database.exec('COMMIT');
        return changes;
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    },
    count: () => database.prepare('SELECT count(*) AS rows FROM people').get().rows,
  };
}

export const worker = defineWorker({ setup: ({ workerData }) => openTable(workerData) });

export const insert = (row, { data }) => data.insert(row);

/** How many rows go together is for the pool to say. A transaction that was rolled back leaves nothing behind. */
export const insertAll = batch({ maxSize: 1000, isolate: true }, (rows, { data }) => data.insertAll(rows));

export const count = (_input, { data }) => data.count();
