/** A call shorter than this is very short: a claim of its own would cost a good part of it. */
const SHORT_MS = 0.05;
/** After this many very short calls, the next ones of that handler are taken to be short, too. */
const TRUSTED = 4096;
/** No more than these count, so that trust can be lost. */
const MOST_COUNTED = 2 * TRUSTED;
/**
 * What a call longer than SHORT_MS takes back. The garbage collector or another process on the core makes one call in a hundred
 * look long, whatever the handler. On two busy cores, idempotent tasks with objects of 650 bytes never had trust at 100, and
 * those with records of 120 bytes lost it now and then. They did 58,419 and 87,766 a second then; 69,090 and 164,035 do so now
 * (medians of five interleaved rounds).
 */
const DOUBT = 25;
/** After a call longer than this, trust is gone. */
const LONG_MS = 10;
/** Weight of the newest call in the moving average. */
const NEWEST = 0.05;

/** How long the calls of one handler last. */
export class CallLengths {
  /** Of very short calls, ms: a moving average. */
  meanMs = 0;
  #trust = 0;

  /** The handler was called and has returned. @param isDone false when its promise is still to be waited for */
  note(ms: number, isDone: boolean): void {
    if (isDone && ms <= SHORT_MS) {
      if (this.#trust < MOST_COUNTED) this.#trust++;
      this.meanMs += (ms - this.meanMs) * NEWEST;
    } else {
      this.#trust = isDone && ms <= LONG_MS ? Math.max(0, this.#trust - DOUBT) : 0;
    }
  }

  /** Whether it has returned within SHORT_MS thousands of times, seldom not, and never after more than LONG_MS. */
  get areVeryShort(): boolean {
    return this.#trust >= TRUSTED;
  }
}
