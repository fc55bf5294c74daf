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

/** Share of the records that goes when there are too many bytes. So not every write has to look for some. */
const DROPPED_SHARE = 0.1;
/** Time for which a write of another program is waited for. Meanwhile this program stands still. */
const BUSY_MS = 20;
/** The same while a pool is made: another program may be making the tables. */
const OPEN_MS = 1000;

const SETUP = `
  PRAGMA busy_timeout = ${OPEN_MS};
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS results (
    key TEXT PRIMARY KEY, record BLOB NOT NULL, bytes INTEGER NOT NULL, until REAL NOT NULL, at REAL NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS by_age ON results (at);
  PRAGMA busy_timeout = ${BUSY_MS};
`;

/** Records in a SQLite database, which several programs may have open. */
export class SqliteStore implements CacheStore {
  readonly #database: Database;
  readonly #maxBytes: number;
  readonly #get: Statement;
  readonly #set: Statement;
  readonly #delete: Statement;
  readonly #sum: Statement;
  readonly #drop: Statement;
  #bytes: number;

  /** @throws ERR_OPTION where Node has no SQLite, or the file is no database */
  constructor(path: string, maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#database = open(path);
    const prepare = (sql: string): Statement => this.#database.prepare(sql);
    this.#get = prepare('SELECT record FROM results WHERE key = ? AND until > ?');
    this.#set = prepare('INSERT OR REPLACE INTO results (key, record, bytes, until, at) VALUES (?, ?, ?, ?, ?)');
    this.#delete = prepare('DELETE FROM results WHERE key = ?');
    this.#sum = prepare('SELECT total(bytes) AS bytes FROM results');
    this.#drop = prepare(
      'DELETE FROM results WHERE until <= ? OR key IN (SELECT key FROM results ORDER BY at LIMIT (SELECT CAST(1 + count(*) * ? AS INTEGER) FROM results))',
    );
    this.#bytes = Number(this.#sum.get()?.['bytes']);
  }

  get(key: string): Uint8Array | undefined {
    return this.#get.get(key, Date.now())?.['record'] as Uint8Array | undefined;
  }

  set(key: string, record: Uint8Array, untilMs: number): void {
    if (record.length > this.#maxBytes) return;
    this.#set.run(key, record, record.length, untilMs, Date.now());
    this.#bytes += record.length;
    while (this.#bytes > this.#maxBytes) {
      const { changes } = this.#drop.run(Date.now(), DROPPED_SHARE);
      this.#bytes = Number(this.#sum.get()?.['bytes']);
      if (Number(changes) === 0) return;
    }
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
}

function open(path: string): Database {
  const sqlite = getBuiltinModule('node:sqlite') as unknown as Sqlite | undefined;
  if (sqlite === undefined) {
    throw optionError('cache.store.sqlite', 'needs node:sqlite, which this Node.js does not have. Use { folder }.');
  }
  let database: Database | undefined;
  try {
    database = new sqlite.DatabaseSync(path);
    database.exec(SETUP);
    return database;
  } catch (cause) {
    database?.close();
    const reason = `names no database that can be used: ${path}: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw optionError('cache.store.sqlite', reason);
  }
}
