import type { Grant, RateLimiter } from './rate-limiter.js';

/** A line of tasks that a gate holds back. */
export interface Waiter {
  /** Called when the gate may be open for it. */
  wake(): void;
}

/** One limit of a task name, or of one key of it, and the lines that wait for it. */
export class Gate {
  /** Lines whose tasks pass through it. While there are any, its key is not forgotten. */
  lines = 0;
  /** Cost of accepted calls that have not begun, where the rule refuses the others. */
  reserved = 0;
  readonly #limiter: RateLimiter;
  /** With the place of their first task in the order of all tasks; the least goes first. */
  readonly #waiters = new Map<Waiter, number>();
  /** Calls that have begun and not ended. */
  #running = 0;
  #closedUntilMs = -Infinity;

  constructor(limiter: RateLimiter) {
    this.#limiter = limiter;
  }

  /** See RateLimiter.readyAtMs. */
  readyAtMs(cost: number, nowMs: number, ahead = 0): number {
    return Math.max(this.#closedUntilMs, this.#limiter.readyAtMs(cost, nowMs, ahead));
  }

  /** Calls of this cost that may begin now, one after another. */
  mayBegin(cost: number, nowMs: number): number {
    if (this.readyAtMs(cost, nowMs) > nowMs) return 0;
    return cost === 0 ? Infinity : Math.max(1, Math.floor(this.#limiter.freeAt(nowMs) / cost));
  }

  take(cost: number, nowMs: number): Grant {
    this.#running++;
    return this.#limiter.take(cost, nowMs);
  }

  ended(grant: Grant, nowMs: number): void {
    this.#running--;
    this.#limiter.ended(grant, nowMs);
    if (this.#limiter.endFrees) this.#wake();
  }

  giveBack(grant: Grant): void {
    this.#running--;
    this.#limiter.giveBack(grant);
    this.#wake();
  }

  correct(grant: Grant, cost: number, nowMs: number): void {
    const isLess = cost < grant.cost;
    this.#limiter.correct(grant, cost, nowMs);
    if (isLess) this.#wake();
  }

  /** Lets nothing through until this time. */
  closeUntil(untilMs: number): void {
    this.#closedUntilMs = Math.max(this.#closedUntilMs, untilMs);
  }

  /** @param order place of its first task in the order of all tasks */
  await(waiter: Waiter, order: number): void {
    this.#waiters.set(waiter, order);
  }

  /** Lets a line go. Others that waited behind it look again. */
  forget(waiter: Waiter): void {
    if (this.#waiters.delete(waiter)) this.#wake();
  }

  /** Whether another line waits here for a task that goes before this place. A cheaper one would take from it, again and again. */
  isAwaitedBefore(order: number): boolean {
    for (const first of this.#waiters.values()) if (first < order) return true;
    return false;
  }

  /** Whether it is as new, and nothing waits for it. */
  isIdle(nowMs: number): boolean {
    const isUsed = this.lines > 0 || this.#running > 0 || this.reserved > 0 || this.#closedUntilMs > nowMs;
    return !isUsed && this.#limiter.isIdle(nowMs);
  }

  #wake(): void {
    if (this.#waiters.size === 0) return;
    const waiters = [...this.#waiters.keys()];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.wake();
  }
}
