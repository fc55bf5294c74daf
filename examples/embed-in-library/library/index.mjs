import { Pool } from '@millpond/core';

/** The library's worker module, for a program that makes the pool itself. */
export const workerUrl = new URL('./worker.mjs', import.meta.url);

/** Counts words in the workers of the program's pool, or in those of its own. */
export class WordCounter {
  #given;
  #own;

  /**
   * Starts nothing. Its own pool begins with the first call.
   * @param options.pool a pool whose worker module exports what `word-counter/worker` exports. The program closes it
   * @param options.workers most workers of its own pool; without it, the pool chooses
   */
  constructor({ pool, workers } = {}) {
    this.#given = pool;
    this.options = { name: 'word-counter', workers };
  }

  /** @throws what `run` of the pool rejects with: errors of the pool have a `code` */
  count(text, { signal } = {}) {
    return this.#pool().run('wordCounterCount', text, { signal });
  }

  /** Finishes the tasks in flight. Leaves the program's pool open. */
  async close() {
    await this.#own?.close();
  }

  #pool() {
    if (this.#given !== undefined) return this.#given;
    this.#own ??= new Pool(workerUrl, this.options);
    return this.#own;
  }
}
