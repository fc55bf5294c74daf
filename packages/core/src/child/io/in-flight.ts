import type { IoRow } from './io-rows.js';

/** Most operations that are followed at one time. */
const MOST_OPEN = 20_000;
/** Age from which an operation counts as lost: its library did not say that it ended. */
const LOST_AFTER_MS = 10 * 60_000;

/** An operation that has begun and not ended. */
export interface OpenOperation {
  readonly row: IoRow;
  readonly beganAt: number;
  hasFailed: boolean;
  bytesIn: number;
  bytesOut: number;
  /** Length of the answer as its headers announce it; undefined if they do not. */
  announced: number | undefined;
}

/** Operations that have begun and not ended, by the object with which their library speaks of them. */
export class InFlight {
  // Not a WeakMap: those that are lost must be found, or their rows would count them as open for ever.
  readonly #open = new Map<object, OpenOperation>();
  readonly #now: () => number;
  #lost = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Begins an operation. @returns undefined if there is no room for it */
  begin(key: object, row: IoRow): OpenOperation | undefined {
    const now = this.#now();
    const earlier = this.#open.get(key);
    // Two operations with one object: the next end may be that of either.
    if (earlier !== undefined) this.#lose(key, earlier, now);
    if (this.#open.size >= MOST_OPEN) {
      this.#lost++;
      return undefined;
    }
    const operation: OpenOperation = {
      row,
      beganAt: now,
      hasFailed: false,
      bytesIn: 0,
      bytesOut: 0,
      announced: undefined,
    };
    row.begin(now);
    this.#open.set(key, operation);
    return operation;
  }

  /** The operation; undefined if it began before the watch, or has ended. */
  get(key: object): OpenOperation | undefined {
    return this.#open.get(key);
  }

  end(key: object): void {
    const operation = this.#open.get(key);
    if (operation === undefined) return;
    this.#open.delete(key);
    const now = this.#now();
    const { row, beganAt, hasFailed, bytesIn, bytesOut } = operation;
    row.end(now, now - beganAt, hasFailed, bytesIn, bytesOut);
  }

  /** Forgets those that began long ago. @returns the number of those that were lost since the last call */
  takeLost(): number {
    const now = this.#now();
    for (const [key, operation] of this.#open) {
      // In the order in which they began.
      if (now - operation.beganAt < LOST_AFTER_MS) break;
      this.#lose(key, operation, now);
    }
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }

  #lose(key: object, operation: OpenOperation, now: number): void {
    this.#open.delete(key);
    operation.row.drop(now);
    this.#lost++;
  }
}
