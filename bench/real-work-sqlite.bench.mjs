// What does a pool make of real work: rows into SQLite?
import { realWork } from './real-work.mjs';

export default realWork({
  file: 'sqlite',
  what: 'SQLite, a row a task',
  method:
    '20,000 rows, each a task that inserts it into a database in its worker’s memory. A record goes in, a number comes out.',
  count: 20_000,
  needsNode: '22.13',
});
