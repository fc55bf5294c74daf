import { messageOf } from '../base/message-of.js';
import { Date, getBuiltinModule } from '../base/natives.js';
import type { CacheStore } from '../contract/cache-store.js';
import { optionError } from '../contract/check-options.js';

/** The parts of node:sqlite that are used. It is in Node from 22.5 on, without a flag from 22.13 on. */
interface Sqlite {
  DatabaseSync: new (path: string, options?: object) => Database;
}
interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}
interface Statement {
  get(...values: unknown[]): Record<string, unknown> | undefined;
  run(...values: unknown[]): { changes: number | bigint };
}

/** Share of the records that goes when there are too many bytes. So not every write has to look for some. A choice. */
const DROPPED_SHARE = 0.02;
/** Most records that go at once. The program stands still meanwhile: 15,000 of 2 KB take 1.8 s, and a thousand 0.1 s. */
const MOST_DROPPED = 1000;
/** Time for which a write of another program is waited for. Meanwhile this program stands still. */
const BUSY_MS = 20;
/** The same while a pool is made: another program may be making the tables. */
const OPEN_MS = 1000;

const SETUP = `
  PRAGMA busy_timeout = ${OPEN_MS};
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS results (
    key TEXT PRIMARY KEY, bytes INTEGER NOT NULL, until REAL NOT NULL, at REAL NOT NULL, record BLOB NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS by_age ON results (at, until, bytes);
  PRAGMA busy_timeout = ${BUSY_MS};
`;

/**
 * Records in a SQLite database, which several programs may have open. Sums and the choice of what goes read the index alone. With
 * 150,000 records of 2 KB a sum takes 25 ms, and 650 ms over the records themselves.
 */
export class SqliteStore implements CacheStore {
  readonly #database: Database;
  readonly #maxBytes: number;
  readonly #get: Statement;
  readonly #set: Statement;
  readonly #delete: Statement;
  readonly #sum: Statement;
  readonly #dropOver: Statement;
  readonly #dropOldest: Statement;
  #bytes: number;

  /** @throws ERR_OPTION where Node has no SQLite, or the file is no database */
  constructor(path: string, maxBytes: number) {
    this.#maxBytes = maxBytes;
    const database = open(path);
    this.#database = database;
    const prepare = (sql: string): Statement => usable(path, database, () => database.prepare(sql));
    this.#get = prepare('SELECT record FROM results WHERE key = ? AND until > ?');
    this.#set = prepare('INSERT OR REPLACE INTO results (key, record, bytes, until, at) VALUES (?, ?, ?, ?, ?)');
    this.#delete = prepare('DELETE FROM results WHERE key = ?');
    this.#sum = prepare('SELECT total(bytes) AS bytes FROM results');
    this.#dropOver = prepare('DELETE FROM results WHERE key IN (SELECT key FROM results WHERE until <= ?)');
    this.#dropOldest = prepare(
      'DELETE FROM results WHERE key IN (SELECT key FROM results ORDER BY at LIMIT (SELECT min(?, CAST(1 + count(*) * ? AS INTEGER)) FROM results))',
    );
    this.#bytes = usable(path, database, () => this.#count());
  }

  get(key: string): Uint8Array | undefined {
    return this.#get.get(key, Date.now())?.['record'] as Uint8Array | undefined;
  }

  set(key: string, record: Uint8Array, untilMs: number): void {
    if (record.length > this.#maxBytes) return;
    this.#set.run(key, record, record.length, untilMs, Date.now());
    this.#bytes += record.length;
    if (this.#bytes > this.#maxBytes) this.#makeRoom();
  }

  delete(key: string): void {
    this.#delete.run(key);
  }

  clear(): void {
    this.#database.exec('DELETE FROM results');
    this.#bytes = 0;
  }

  close(): void {
    this.#database.close();
  }

  #makeRoom(): void {
    this.#dropOver.run(Date.now());
    // Other programs write, too, and a record that took the place of another one was counted beside it.
    this.#bytes = this.#count();
    while (this.#bytes > this.#maxBytes) {
      if (Number(this.#dropOldest.run(MOST_DROPPED, DROPPED_SHARE).changes) === 0) return;
      this.#bytes = this.#count();
    }
  }

  #count(): number {
    return Number(this.#sum.get()?.['bytes']);
  }
}

function open(path: string): Database {
  const sqlite = getBuiltinModule('node:sqlite') as unknown as Sqlite | undefined;
  if (sqlite === undefined) {
    throw optionError('cache.store.sqlite', 'needs node:sqlite, which this Node.js does not have. Use { folder }.');
  }
  const database = usable(path, undefined, () => new sqlite.DatabaseSync(path));
  usable(path, database, () => database.exec(SETUP));
  return database;
}

/** What a call of a database gives. @throws ERR_OPTION if it fails; the database is closed then */
function usable<T>(path: string, database: Database | undefined, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    database?.close();
    const reason = `names no database that can be used: ${path}: ${messageOf(cause)}`;
    throw optionError('cache.store.sqlite', reason);
  }
}
