import { RingQueue } from '../base/ring-queue.js';

/** Bounds the calls of one task, or of one key of it, over time. Costs are in the unit of its rule: calls, tokens, bytes. */
export interface RateLimiter {
  /** Whether the end of a call may let another one begin. */
  readonly endFrees: boolean;
  /**
   * Earliest time at which a call of this cost may begin. It is now if it may at once, and Infinity while only the end of others
   * allows it.
   * @param ahead cost of calls that go before it
   */
  readyAtMs(cost: number, nowMs: number, ahead?: number): number;
  /** Units that are free now; below 0 after a call that cost more than there was. */
  freeAt(nowMs: number): number;
  /** Notes the beginning of a call, which is ready. @returns its share, for the methods below */
  take(cost: number, nowMs: number): Grant;
  /** Notes its end. */
  ended(grant: Grant, nowMs: number): void;
  /** Takes the true cost of a call in place of the estimate. */
  correct(grant: Grant, cost: number, nowMs: number): void;
  /** Gives a call back that was not made. */
  giveBack(grant: Grant): void;
  /** Whether it is as new: nothing is left to remember. */
  isIdle(nowMs: number): boolean;
}

/** One call that has begun. */
export interface Grant {
  cost: number;
  /** The part of a strict window in which it has ended; undefined while it goes on. */
  part: WindowPart | undefined;
}

/** Calls of a strict window that ended at about the same time. */
interface WindowPart {
  readonly firstEndMs: number;
  /** Time at which they count no more. */
  untilMs: number;
  cost: number;
  isOver: boolean;
}

/**
 * Share of the size that may lack: sums of fractions, and times of the clock, are rounded. What a call takes too early is missing
 * for the next one, so it never adds up.
 */
const ROUNDING = 1e-6;

/**
 * A token bucket: `max` tokens at most, filled evenly in `perMs`. So calls never cost more than max + rate × time, from any moment
 * on. A call above `max` waits for a full bucket, and leaves it in debt. So it runs alone, and the rate holds all the same.
 */
export class TokenBucket implements RateLimiter {
  readonly endFrees = false;
  readonly #max: number;
  readonly #perMs: number;
  #tokens: number;
  #atMs = -Infinity;

  /** @param perMs time in which an empty bucket is full again */
  constructor(max: number, perMs: number) {
    this.#max = max;
    this.#perMs = max / perMs;
    this.#tokens = max;
  }

  readyAtMs(cost: number, nowMs: number, ahead = 0): number {
    const lacking = Math.min(cost, this.#max) + ahead - this.freeAt(nowMs);
    return lacking <= this.#max * ROUNDING ? nowMs : nowMs + lacking / this.#perMs;
  }

  freeAt(nowMs: number): number {
    if (this.#atMs === -Infinity) return this.#tokens;
    return Math.min(this.#max, this.#tokens + (nowMs - this.#atMs) * this.#perMs);
  }

  take(cost: number, nowMs: number): Grant {
    this.#tokens = this.freeAt(nowMs) - cost;
    this.#atMs = nowMs;
    return { cost, part: undefined };
  }

  ended(): void {}

  correct(grant: Grant, cost: number, nowMs: number): void {
    // Filled up to now first: a bucket that was full meanwhile has lost what ran over.
    this.#tokens = this.freeAt(nowMs);
    this.#atMs = nowMs;
    this.#return(grant.cost - cost);
    grant.cost = cost;
  }

  giveBack(grant: Grant): void {
    this.#return(grant.cost);
    grant.cost = 0;
  }

  isIdle(nowMs: number): boolean {
    return this.freeAt(nowMs) >= this.#max;
  }

  #return(tokens: number): void {
    this.#tokens = Math.min(this.#max, this.#tokens + tokens);
  }
}

/**
 * Parts of a strict window. Calls that end within one part are forgotten together, so that no window remembers more than this
 * number of them. A call then counts for up to a thousandth of `perMs` too long.
 */
const PARTS = 1000;

/**
 * A strict window: calls within any `perMs` never cost more than `max`, as the called service counts them. The service sees a call
 * at some moment between its beginning and its end. So a call counts from its beginning until `perMs` after its end.
 */
export class StrictWindow implements RateLimiter {
  readonly endFrees = true;
  readonly #max: number;
  readonly #perMs: number;
  /** Calls that have ended, in the order of their end. */
  readonly #parts = new RingQueue<WindowPart>();
  #endedCost = 0;
  #running = 0;
  #runningCost = 0;

  constructor(max: number, perMs: number) {
    this.#max = max;
    this.#perMs = perMs;
  }

  readyAtMs(cost: number, nowMs: number, ahead = 0): number {
    const rounding = this.#max * ROUNDING;
    let lacking = Math.min(cost, this.#max) + ahead - this.freeAt(nowMs);
    if (lacking <= rounding) return nowMs;
    // Otherwise as many parts are looked at as have to be over first.
    if (lacking > this.#endedCost + rounding) return Infinity;
    for (let index = 0; index < this.#parts.size; index++) {
      const part = this.#parts.at(index) as WindowPart;
      lacking -= part.cost;
      if (lacking <= rounding) return part.untilMs;
    }
    return Infinity;
  }

  freeAt(nowMs: number): number {
    this.#expire(nowMs);
    return this.#max - this.#runningCost - this.#endedCost;
  }

  take(cost: number, nowMs: number): Grant {
    this.#expire(nowMs);
    this.#running++;
    this.#runningCost += cost;
    return { cost, part: undefined };
  }

  ended(grant: Grant, nowMs: number): void {
    this.#leave(grant);
    let part = this.#parts.at(this.#parts.size - 1);
    if (part === undefined || nowMs - part.firstEndMs >= this.#perMs / PARTS) {
      part = { firstEndMs: nowMs, untilMs: 0, cost: 0, isOver: false };
      this.#parts.push(part);
    }
    part.untilMs = nowMs + this.#perMs;
    part.cost += grant.cost;
    this.#endedCost += grant.cost;
    grant.part = part;
  }

  correct(grant: Grant, cost: number): void {
    const { part } = grant;
    const more = cost - grant.cost;
    grant.cost = cost;
    if (part === undefined) {
      this.#runningCost += more;
    } else if (!part.isOver) {
      part.cost += more;
      this.#endedCost += more;
    }
  }

  giveBack(grant: Grant): void {
    this.#leave(grant);
    grant.cost = 0;
  }

  isIdle(nowMs: number): boolean {
    this.#expire(nowMs);
    return this.#running === 0 && this.#parts.size === 0;
  }

  #leave({ cost }: Grant): void {
    // Set anew where nothing is left: sums and differences of fractions drift.
    this.#runningCost = --this.#running === 0 ? 0 : this.#runningCost - cost;
  }

  #expire(nowMs: number): void {
    for (let part = this.#parts.at(0); part !== undefined && part.untilMs <= nowMs; part = this.#parts.at(0)) {
      this.#parts.shift();
      part.isOver = true;
      this.#endedCost = this.#parts.size === 0 ? 0 : this.#endedCost - part.cost;
    }
  }
}
