/** Keys of one task name whose breakers are followed at once. */
const MOST_KEYS = 1000;

/** What the circuit breakers of one task name did: those of all its keys together. */
export class BreakerLedger {
  opened = 0;
  /** Why one opened last, as a sentence without its full stop. */
  reason = '';
  /** Time until `#sinceMs` with at least one open, ms. */
  #openMs = 0;
  /** Since when one is open, on the host clock. Meaningful while there is one. */
  #sinceMs = 0;
  readonly #open = new Set<string>();

  /** Notes a change of the breaker of one key. */
  changed(key: string, isOpen: boolean, reason: string, atMs: number): void {
    if (isOpen) {
      this.opened++;
      this.reason = reason;
      if (this.#open.size === 0) this.#sinceMs = atMs;
      if (this.#open.size < MOST_KEYS) this.#open.add(key);
      return;
    }
    if (this.#open.delete(key) && this.#open.size === 0) this.#openMs += Math.max(0, atMs - this.#sinceMs);
  }

  /** Time up to `nowMs` with at least one of them open, ms. */
  openMs(nowMs: number): number {
    return this.#openMs + (this.#open.size === 0 ? 0 : Math.max(0, nowMs - this.#sinceMs));
  }
}
