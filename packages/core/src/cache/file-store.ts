import { Date, getBuiltinModule, process } from '../base/natives.js';
import { random } from '../base/random.js';
import type { CacheStore } from '../contract/cache-store.js';

const { join } = getBuiltinModule('node:path');
/** Loaded with the first store. */
const fs = (): typeof import('node:fs/promises') => getBuiltinModule('node:fs/promises');

/** Records beyond the bound that one sweep drops: a sweep reads the sizes and times of all files. */
const SWEEP_SHARE = 0.1;
/** Temporary files of this age belong to no program that still writes them. */
const ABANDONED_MS = 60 * 60 * 1000;

/** Part of temporary names: several stores may have the same folder. */
let lastName = 0;

/**
 * Records as files, named by their key, in 256 folders. A record is written to a temporary file, which then takes
 * the name. So another program sees a whole record or none. Nothing is synced, because a torn record reads as none.
 */
export class FileStore implements CacheStore {
  readonly #folder: string;
  readonly #maxBytes: number;
  /** Part of temporary names: other threads of this program have the same process id. */
  readonly #own = random().toString(36).slice(2, 12);
  /** Bytes of all records, when they were last counted; undefined before that. */
  #bytes: number | undefined;
  /** Bytes written since then. */
  #written = 0;
  /** The count under way. It never rejects. */
  #making: Promise<void> | undefined;
  /** Why the last count failed, until a write has said so. */
  #failure: { readonly error: unknown } | undefined;
  #isClosed = false;

  constructor(folder: string, maxBytes: number) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    try {
      return await fs().readFile(this.#pathOf(key));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async set(key: string, record: Uint8Array): Promise<void> {
    if (record.length > this.#maxBytes) return;
    const failure = this.#failure;
    this.#failure = undefined;
    const path = this.#pathOf(key);
    const temporary = `${path}.${process.pid}.${this.#own}.${++lastName}.tmp`;
    try {
      await this.#write(temporary, record);
      await fs().rename(temporary, path);
    } catch (error) {
      // The first error says more than one of the removal. A file that stays is abandoned, and a sweep drops it.
      await fs()
        .rm(temporary, { force: true })
        .catch(() => {});
      throw error;
    }
    this.#written += record.length;
    this.#makeRoom();
    // The record is there all the same.
    if (failure !== undefined) throw failure.error;
  }

  async delete(key: string): Promise<void> {
    await fs().rm(this.#pathOf(key), { force: true });
  }

  async clear(): Promise<void> {
    for await (const { path, changedMs } of this.#files()) {
      // A record under way is of another call, which another program may have made after this one.
      if (!path.endsWith('.tmp') || isAbandoned(changedMs)) await fs().rm(path, { force: true });
    }
    this.#bytes = undefined;
    this.#written = 0;
  }

  /** Ends a count under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#making;
  }

  #pathOf(key: string): string {
    return join(this.#folder, key.slice(0, 2), key.slice(2));
  }

  async #write(path: string, record: Uint8Array): Promise<void> {
    try {
      await fs().writeFile(path, record, { flag: 'wx', mode: 0o600 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await fs().mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
      await fs().writeFile(path, record, { flag: 'wx', mode: 0o600 });
    }
  }

  /**
   * Drops the oldest records once there are too many bytes. Other programs may write here, too, so this is an estimate. No write
   * waits for it: a folder may have a million files. A failure is that of the next write.
   */
  #makeRoom(): void {
    if (this.#making !== undefined || this.#hasRoom) return;
    const failed = (error: unknown): void => {
      // The next write counts again.
      this.#bytes = undefined;
      this.#failure = { error };
    };
    this.#making = this.#sweep()
      .catch(failed)
      .then(() => {
        this.#making = undefined;
      });
  }

  get #hasRoom(): boolean {
    return this.#isClosed || (this.#bytes !== undefined && this.#bytes + this.#written <= this.#maxBytes);
  }

  /** Counts all bytes, and drops the oldest records until there is room. */
  async #sweep(): Promise<void> {
    while (!this.#hasRoom) {
      const bytes = await this.#count();
      this.#bytes = bytes > this.#maxBytes ? await this.#dropOldest() : bytes;
    }
  }

  async #count(): Promise<number> {
    let bytes = 0;
    for await (const { size } of this.#files()) bytes += size;
    // What is written from now on comes on top.
    this.#written = 0;
    return bytes;
  }

  /** @returns the bytes that are left */
  async #dropOldest(): Promise<number> {
    const files = [];
    let bytes = 0;
    for await (const file of this.#files()) {
      files.push(file);
      bytes += file.size;
    }
    this.#written = 0;
    files.sort((a, b) => a.changedMs - b.changedMs);
    for (const { path, size, changedMs } of files) {
      const isLeft = path.endsWith('.tmp') && isAbandoned(changedMs);
      if (this.#isClosed || (bytes <= this.#maxBytes * (1 - SWEEP_SHARE) && !isLeft)) continue;
      await fs().rm(path, { force: true });
      bytes -= size;
    }
    return bytes;
  }

  async *#files(): AsyncGenerator<{ path: string; size: number; changedMs: number }> {
    for (const shard of await listed(this.#folder)) {
      // Other files in the folder are not the store's.
      if (!/^[0-9a-f]{2}$/.test(shard)) continue;
      for (const name of await listed(join(this.#folder, shard))) {
        if (this.#isClosed) return;
        if (!/^[0-9a-f]{62}(\.\d+\.\w+\.\d+\.tmp)?$/.test(name)) continue;
        const path = join(this.#folder, shard, name);
        const stats = await statOf(path);
        if (stats !== undefined) yield { path, size: stats.size, changedMs: stats.mtimeMs };
      }
    }
  }
}

async function listed(folder: string): Promise<string[]> {
  try {
    return await fs().readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Undefined for a file that another program has just removed. */
async function statOf(path: string): Promise<{ size: number; mtimeMs: number } | undefined> {
  try {
    return await fs().stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAbandoned(changedMs: number): boolean {
  return changedMs < Date.now() - ABANDONED_MS;
}
