/**
 * Longest very short call. A claim of its own takes 1.4 µs, 3 % of it. Of a call of double the length it is 1.5 %.
 */
const SHORT_MS = 0.05;
/**
 * Very short calls after which the next ones of that handler are expected to be short, too. A choice: at 10 µs a call they take 40
 * ms. Pauses of the garbage collector show by then.
 */
const TRUSTED = 4096;
/** Most calls that count, so that trust can be lost. */
const MOST_COUNTED = 2 * TRUSTED;
/**
 * Trust that a call longer than SHORT_MS takes back. The garbage collector or another process on the core makes one call in a
 * hundred look long, whatever the handler. At 100, on two busy cores, idempotent tasks with objects of 650 bytes never had trust.
 * Those with records of 120 bytes lost it now and then. They did 58,419 and 87,766 a second then; 69,090 and 164,035 do so now
 * (medians of five interleaved rounds).
 */
const DOUBT = 25;
/**
 * Length of a call after which all trust is gone, since tasks of its run wait as long. A loss of the core takes some
 * milliseconds, and should not end runs. At half it would. At double, waits of 20 ms could come again and again.
 */
const LONG_MS = 10;

/**
 * Whether the calls of one handler are very short. It takes thousands of them to say so, and few to take it back. A mean would
 * hide the one call in a hundred that holds up the results behind it.
 */
export class CallLengths {
  #trust = 0;

  /** Notes a call that has returned. @param isDone false while its promise is pending */
  note(ms: number, isDone: boolean): void {
    if (isDone && ms <= SHORT_MS) {
      if (this.#trust < MOST_COUNTED) this.#trust++;
    } else {
      this.#trust = isDone && ms <= LONG_MS ? Math.max(0, this.#trust - DOUBT) : 0;
    }
  }

  /** Whether calls returned within SHORT_MS thousands of times, seldom later, and never after more than LONG_MS. */
  get areVeryShort(): boolean {
    return this.#trust >= TRUSTED;
  }
}
