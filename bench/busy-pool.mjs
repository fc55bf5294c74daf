// Watches a pool that sizes itself over time, while callers call again at once.

export const WINDOW_MS = 250;
export const PER_SECOND = 1000 / WINDOW_MS;

/**
 * Watches a pool from the beginning. `callers` and `draw` may be changed at any time.
 * @param draw `(i) => [task, input]`: the i-th task
 */
export class BusyPool {
  /** One window for each quarter of a second: `{ atMs, done, tookMs, workers, concurrency }`. */
  windows = [];
  #pool;
  #draw;
  #wanted = 0;
  #calling = 0;
  #calls = 0;
  #done = 0;
  #before;
  #startMs = performance.now();
  #timer;

  constructor(pool) {
    this.#pool = pool;
    this.#before = { atMs: 0, done: 0 };
    this.#timer = setInterval(() => this.#look(), WINDOW_MS);
  }

  get atMs() {
    return performance.now() - this.#startMs;
  }

  /** Changes the load from now on. Tasks in flight are finished. */
  keepBusy(callers, draw = this.#draw) {
    this.#draw = draw;
    this.#wanted = callers;
    while (this.#calling < callers) void this.#call();
  }

  /** Runs on for this time. */
  async for(ms) {
    await new Promise((resolve) => setTimeout(resolve, ms));
  }

  /** Ends the observation. @returns the windows */
  stop() {
    this.#wanted = 0;
    clearInterval(this.#timer);
    this.#look();
    return this.windows;
  }

  async #call() {
    this.#calling++;
    while (this.#calling <= this.#wanted) {
      const draw = this.#draw;
      await this.#pool.run(...draw(this.#calls++));
      // Tasks that began before the last change do not belong to the present load.
      if (draw === this.#draw) this.#done++;
    }
    this.#calling--;
  }

  #look() {
    const { atMs } = this;
    const { workers, concurrency } = this.#pool.stats().sizing;
    const { done, atMs: beforeMs } = this.#before;
    this.windows.push({ atMs, done: this.#done - done, tookMs: atMs - beforeMs, workers, concurrency });
    this.#before = { done: this.#done, atMs };
  }
}

/** Tasks a second over some windows. */
export function rateOf(windows) {
  const sum = (key) => windows.reduce((total, window) => total + window[key], 0);
  return (sum('done') / sum('tookMs')) * 1000;
}

/** The windows as a result keeps them. */
export function timeLineOf(windows) {
  return windows.map(({ atMs, done, tookMs, workers, concurrency }) => ({
    atMs: Math.round(atMs),
    workers,
    concurrency,
    perSecond: Math.round((done / tookMs) * 1000),
  }));
}

/** A contestant of which only the sizing is measured. */
export function sized(name, role, settings) {
  return {
    name,
    kind: 'process',
    role,
    ...settings,
    load: () => import('@millpond/core'),
    create: ({ Pool }, { workers, concurrency }) => new Pool(LOADS, { workers, concurrency }),
  };
}

const LOADS = new URL('./workloads/loads.mjs', import.meta.url);
