/** Further tries before any first try has paid for them. They are enough for a task that fails now and then. A choice. */
const RESERVE = 10;

/**
 * Bounds the load that further tries of tasks add: retries, or runs beside slow ones. Each first try pays in a share of a try, and
 * each further one takes out a whole one. So further tries are at most that share of the first tries, and RESERVE more. Without it,
 * a server that is down gets a multiple of its usual load. The bound is that of Google's SRE book (chapter "Handling Overload") and
 * of gRPC's retry throttling.
 */
export class TryBudget {
  readonly #share: number;
  #tries = RESERVE;

  /** @param share further tries as a share of first ones */
  constructor(share: number) {
    this.#share = share;
  }

  /** Notes a first try. */
  payIn(): void {
    this.#tries = Math.min(RESERVE, this.#tries + this.#share);
  }

  /** Takes out a further try. @returns whether there is one */
  takeOut(): boolean {
    if (this.#tries < 1) return false;
    this.#tries--;
    return true;
  }
}
