// A row a task, into a database that each worker has in its memory.
import { DatabaseSync } from 'node:sqlite';
import { RECORDS } from '../../values.mjs';

const database = new DatabaseSync(':memory:');
database.exec('CREATE TABLE people (id INTEGER, name TEXT, email TEXT, active INTEGER, city TEXT, score REAL)');
const insert = database.prepare('INSERT INTO people VALUES (?, ?, ?, ?, ?, ?)');

export function inputs(count) {
  return Array.from({ length: count }, (_, i) => RECORDS[i % RECORDS.length]);
}

export function work({ id, name, email, active, city, score }) {
  return Number(insert.run(id, name, email, active ? 1 : 0, city, score).changes);
}
