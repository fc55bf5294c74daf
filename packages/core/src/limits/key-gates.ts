import { Gate } from './gate.js';
import type { RateLimiter } from './rate-limiter.js';

/** Most keys with a gate of their own, as RateLimitRule.key says. Each takes some 400 bytes. A choice. */
export const MOST_KEYS = 10_000;
/** Keys that are looked at when one is added. Two of them keep up with any number of new ones. */
const LOOKED_AT = 2;

/** The gates of a rule that has one for each key. Keys come from the inputs of users, so their number is bounded. */
export class KeyGates {
  readonly #makeLimiter: () => RateLimiter;
  readonly #gates = new Map<string, Gate>();
  /**
   * The gate of all keys beyond MOST_KEYS. A key that used it gets none of its own while it is in use: it would have two shares.
   */
  #other: Gate | undefined;

  constructor(makeLimiter: () => RateLimiter) {
    this.#makeLimiter = makeLimiter;
  }

  of(key: string, nowMs: number): Gate {
    const known = this.#gates.get(key);
    if (known !== undefined) return known;
    this.#dropIdle(nowMs);
    if (this.#other?.isIdle(nowMs) === true) this.#other = undefined;
    if (this.#other !== undefined) return this.#other;
    if (this.#gates.size >= MOST_KEYS) return (this.#other = new Gate(this.#makeLimiter()));
    const gate = new Gate(this.#makeLimiter());
    this.#gates.set(key, gate);
    return gate;
  }

  /** Forgets those of the longest known keys that are as new. The others go to the end of the line. */
  #dropIdle(nowMs: number): void {
    let left = Math.min(LOOKED_AT, this.#gates.size);
    for (const [key, gate] of this.#gates) {
      if (left-- === 0) return;
      this.#gates.delete(key);
      if (!gate.isIdle(nowMs)) this.#gates.set(key, gate);
    }
  }
}
