import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openStore } from '../../src/cache/open-store.js';
import { recordKey } from '../../src/cache/record.js';
import type { CacheStore } from '../../src/contract/cache-store.js';

const hasSqlite = process.getBuiltinModule('node:sqlite') !== undefined;

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'millpond-store-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Opens a store of each kind; the same path gives the same store again. */
const KINDS: [string, (path: string, maxBytes?: number) => CacheStore][] = [
  ['a folder', (path, maxBytes = 2 ** 30) => openStore({ folder: join(path, 'new', 'folder'), maxBytes })],
];
if (hasSqlite)
  KINDS.push(['SQLite', (path, maxBytes = 2 ** 30) => openStore({ sqlite: join(path, 'file'), maxBytes })]);

const key = (n: number): string => recordKey(String(n));
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe.each(KINDS)('a store in %s', (_, open) => {
  it('keeps records for the next program, until they are dropped', async () => {
    const path = folder();
    const first = open(path);
    expect(await first.get(key(1))).toBeUndefined();
    await first.set(key(1), bytes(1, 2), Infinity);
    await first.set(key(2), bytes(3), Infinity);
    await first.set(key(1), bytes(4), Infinity);
    await first.close?.();
    const second = open(path);
    expect([...((await second.get(key(1))) ?? [])]).toEqual([4]);
    await second.delete(key(1));
    await second.delete(key(9));
    expect([await second.get(key(1)), [...((await second.get(key(2))) ?? [])]]).toEqual([undefined, [3]]);
    await second.clear();
    expect(await second.get(key(2))).toBeUndefined();
    await second.close?.();
  });

  it('serves several programs at once', async () => {
    const path = folder();
    const stores = [open(path), open(path)];
    const writes = Array.from({ length: 200 }, (_, n) => stores[n % 2]?.set(key(n % 20), bytes(n), Infinity));
    await Promise.all(writes);
    for (const store of stores) {
      for (let n = 0; n < 20; n++) expect((await store.get(key(n)))?.length).toBe(1);
      await store.close?.();
    }
  });

  it('has no more bytes than allowed: the oldest go', async () => {
    const store = open(folder(), 10_000);
    for (let n = 0; n < 50; n++) await store.set(key(n), new Uint8Array(1000), Infinity);
    // No write waits for the room that it needs.
    await vi.waitFor(async () => {
      const there = [];
      for (let n = 0; n < 50; n++) if ((await store.get(key(n))) !== undefined) there.push(n);
      expect(there.length).toBeLessThanOrEqual(10);
      expect(there.length).toBeGreaterThan(3);
    }, WAIT);
    await store.set(key(99), new Uint8Array(20_000), Infinity);
    expect(await store.get(key(99))).toBeUndefined();
    await store.close?.();
  });
});

/** Long enough for any machine. */
const WAIT = { timeout: 20_000 };

describe('a store in a folder', () => {
  it('leaves files alone that are not its own, and no temporary files behind', async () => {
    const path = folder();
    writeFileSync(join(path, 'mine.txt'), 'x');
    const store = openStore({ folder: path });
    for (let n = 0; n < 10; n++) await store.set(key(n), bytes(n), Infinity);
    const files = readdirSync(path, { recursive: true }).map(String);
    expect(files.filter((file) => file.endsWith('.tmp'))).toEqual([]);
    await store.clear();
    expect(readdirSync(path)).toContain('mine.txt');
  });

  it('cleared leaves the record that another program is writing, and drops one left behind long ago', async () => {
    const path = folder();
    const store = openStore({ folder: path });
    await store.set(key(1), bytes(1), Infinity);
    const record = key(1).slice(2);
    const shard = join(path, key(1).slice(0, 2));
    const [young, old] = [join(shard, `${record}.1.a.1.tmp`), join(shard, `${record}.1.a.2.tmp`)];
    writeFileSync(young, 'x');
    writeFileSync(old, 'x');
    utimesSync(old, 0, 0);
    await store.clear();
    expect(readdirSync(shard)).toEqual([basename(young)]);
  });

  it('says so where it cannot write', async () => {
    const path = folder();
    writeFileSync(join(path, 'file'), '');
    const store = openStore({ folder: join(path, 'file') });
    await expect(store.set(key(1), bytes(1), Infinity)).rejects.toThrow(/ENOTDIR/);
  });
});

describe('a store in SQLite', () => {
  it.runIf(hasSqlite)('drops what is over', async () => {
    const store = openStore({ sqlite: join(folder(), 'file') });
    await store.set(key(1), bytes(1), Date.now() - 1);
    expect(await store.get(key(1))).toBeUndefined();
    await store.close?.();
  });

  it.runIf(hasSqlite)('is refused where the file is something else', () => {
    const path = join(folder(), 'file');
    writeFileSync(path, 'x'.repeat(10_000));
    expect(() => openStore({ sqlite: path })).toThrow(/cache\.store\.sqlite.*names no database/);
  });

  it.runIf(hasSqlite)('is refused where its table is another one', () => {
    const path = join(folder(), 'file');
    // The types of Node 20 do not know it.
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite') as unknown as {
      DatabaseSync: new (path: string) => { exec(sql: string): void; close(): void };
    };
    const database = new DatabaseSync(path);
    database.exec('CREATE TABLE results (key TEXT PRIMARY KEY, until REAL, at REAL, bytes INTEGER)');
    database.close();
    expect(() => openStore({ sqlite: path })).toThrow(
      /cache\.store\.sqlite.*names no database that can be used.*record/,
    );
  });

  it.runIf(!hasSqlite)('is refused by a Node.js without it', () => {
    expect(() => openStore({ sqlite: 'file' })).toThrow(/needs node:sqlite/);
  });
});
