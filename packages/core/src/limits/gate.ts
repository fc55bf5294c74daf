import type { Grant, RateLimiter } from './rate-limiter.js';

/** A line of tasks that a closed gate holds back. */
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
  readonly #waiters = new Set<Waiter>();
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

  await(waiter: Waiter): void {
    this.#waiters.add(waiter);
  }

  forget(waiter: Waiter): void {
    this.#waiters.delete(waiter);
  }

  /** Whether it is as new, and nothing waits for it. */
  isIdle(nowMs: number): boolean {
    const isUsed = this.lines > 0 || this.#running > 0 || this.reserved > 0 || this.#closedUntilMs > nowMs;
    return !isUsed && this.#limiter.isIdle(nowMs);
  }

  #wake(): void {
    if (this.#waiters.size === 0) return;
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.wake();
  }
}
