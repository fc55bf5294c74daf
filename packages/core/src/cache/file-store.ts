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
  /** Bytes of all records: counted once, then kept up. Undefined before that. */
  #bytes: Promise<number> | undefined;
  #written = 0;

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
    const path = this.#pathOf(key);
    const temporary = `${path}.${process.pid}.${this.#own}.${++lastName}.tmp`;
    try {
      await this.#write(temporary, record);
      await fs().rename(temporary, path);
    } catch (error) {
      await fs().rm(temporary, { force: true });
      throw error;
    }
    await this.#makeRoom(record.length);
  }

  async delete(key: string): Promise<void> {
    await fs().rm(this.#pathOf(key), { force: true });
  }

  async clear(): Promise<void> {
    for (const { path } of await this.#files()) await fs().rm(path, { force: true });
    this.#bytes = undefined;
    this.#written = 0;
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

  /** Drops the oldest records once there are too many bytes. Other programs may write here, too, so this is an estimate. */
  async #makeRoom(bytes: number): Promise<void> {
    this.#written += bytes;
    try {
      const before = await (this.#bytes ??= this.#count());
      if (before + this.#written <= this.#maxBytes) return;
      this.#written = 0;
      await (this.#bytes = this.#sweep());
    } catch (error) {
      // The next write counts again.
      this.#bytes = undefined;
      throw error;
    }
  }

  async #count(): Promise<number> {
    return (await this.#files()).reduce((sum, { size }) => sum + size, 0) - this.#written;
  }

  async #sweep(): Promise<number> {
    const files = await this.#files();
    let bytes = files.reduce((sum, { size }) => sum + size, 0);
    const enough = this.#maxBytes * (1 - SWEEP_SHARE);
    files.sort((a, b) => a.changedMs - b.changedMs);
    for (const { path, size, changedMs } of files) {
      const isAbandoned = path.endsWith('.tmp') && changedMs < Date.now() - ABANDONED_MS;
      if (bytes <= enough && !isAbandoned) continue;
      await fs().rm(path, { force: true });
      bytes -= size;
    }
    return bytes;
  }

  async #files(): Promise<{ path: string; size: number; changedMs: number }[]> {
    const files = [];
    for (const shard of await listed(this.#folder)) {
      // Other files in the folder are not the store's.
      if (!/^[0-9a-f]{2}$/.test(shard)) continue;
      for (const name of await listed(join(this.#folder, shard))) {
        if (!/^[0-9a-f]{62}(\.\d+\.\w+\.\d+\.tmp)?$/.test(name)) continue;
        const path = join(this.#folder, shard, name);
        const stats = await statOf(path);
        if (stats !== undefined) files.push({ path, size: stats.size, changedMs: stats.mtimeMs });
      }
    }
    return files;
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
