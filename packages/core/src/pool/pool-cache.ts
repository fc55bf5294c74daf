import type { CacheEnd, ResultCache } from '../cache/result-cache.js';

/** The result cache of a pool, from when one of its tasks needs it. */
export class PoolCache implements CacheEnd {
  readonly #make: () => ResultCache;
  #cache: ResultCache | undefined;

  constructor(make: () => ResultCache) {
    this.#make = make;
  }

  /** Undefined while no task needs it. */
  get present(): ResultCache | undefined {
    return this.#cache;
  }

  /** @throws ERR_OPTION when the codec cannot be loaded */
  open(): ResultCache {
    return (this.#cache ??= this.#make());
  }

  async whenLookedUp(): Promise<void> {
    await this.#cache?.whenLookedUp();
  }

  refuse(error: Error): void {
    this.#cache?.refuse(error);
  }

  end(error: Error): void {
    this.#cache?.end(error);
  }

  async close(): Promise<void> {
    await this.#cache?.close();
  }
}
