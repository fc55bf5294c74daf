/** A call shorter than this is very short: a claim of its own would cost a good part of it. */
const SHORT_MS = 0.05;
/** So many very short calls in a row, and the next ones of that handler are taken to be short, too. */
const STREAK = 4096;
/** A result that waited for a call as long as this waited far too long. */
const LONG_MS = 10;
/** A handler with such a call among so many is taken to have more of them. */
const MEMORY = 1000;
/** Weight of the newest call in the moving average. */
const NEWEST = 0.05;

/** How long the calls of one handler last. */
export class CallLengths {
  /** Of very short calls, ms: a moving average. */
  meanMs = 0;
  #shortInARow = 0;
  #sinceLong = MEMORY;

  /** The handler was called and has returned. @param isDone false when its promise is still to be waited for */
  note(ms: number, isDone: boolean): void {
    if (!isDone || ms > SHORT_MS) {
      this.#shortInARow = 0;
      if (ms > LONG_MS) this.#sinceLong = 0;
    } else {
      this.#shortInARow++;
      this.meanMs += (ms - this.meanMs) * NEWEST;
    }
    this.#sinceLong++;
  }

  /** Whether it has returned within SHORT_MS thousands of times in a row. */
  get areVeryShort(): boolean {
    return this.#shortInARow >= STREAK;
  }

  /** Whether the next call may well hold up whatever waits for it to return. */
  get mayBeLong(): boolean {
    return this.#sinceLong < MEMORY;
  }
}
