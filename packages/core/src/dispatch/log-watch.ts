import type { Clock, Timer } from '../base/clock.js';
import type { Worker } from '../worker/worker.js';

/** A worker with tasks that has said nothing for this long may have results in its log that no frame has told of. */
const FIRST_LOOK_MS = 4;
/** Each further look at a worker that stays silent comes after twice the time, up to this. */
const LAST_LOOK_MS = 256;

/** A look that comes this late comes in a busy loop, which has not read the frames that wait. */
const LATE_MS = 1;

/** How long a worker has said nothing, and when its log is looked at next. Host clock. */
interface Silence {
  readonly sinceMs: number;
  nextAtMs: number;
  waitMs: number;
}

export interface LogWatchParts {
  clock: Clock;
  /** Every worker that may have tasks in flight; workers come and go in this list. */
  workers: readonly Worker[];
}

/**
 * Reads the logs of workers that are silent: a handler that computes for seconds keeps its worker from telling of results that
 * are there. A look costs a read of the log, 1 µs; it comes 4 ms after the last word of a worker, then 8, 16 …
 */
export class LogWatch {
  readonly #parts: LogWatchParts;
  #timer: Timer | undefined;
  #dueAtMs = 0;
  #wasLate = false;
  /** Weak: a worker may end in its silence. */
  readonly #silences = new WeakMap<Worker, Silence>();

  constructor(parts: LogWatchParts) {
    this.#parts = parts;
  }

  /** Tasks were handed out. */
  wake(): void {
    // The next look at a worker that has been silent for long may be far away, and is none for the tasks that leave now.
    if (this.#timer !== undefined && this.#dueAtMs <= this.#parts.clock.now() + FIRST_LOOK_MS) return;
    this.#timer?.cancel();
    this.#lookIn(FIRST_LOOK_MS);
  }

  /** There is no worker left to look at. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #lookIn(ms: number): void {
    const { clock } = this.#parts;
    const dueAt = (this.#dueAtMs = clock.now() + ms);
    this.#timer = clock.after(ms, () => {
      this.#timer = undefined;
      const now = clock.now();
      // First the frames; then most workers are not silent. Once only: in a loop whose every turn is long, each look is late.
      this.#wasLate = now - dueAt > LATE_MS && !this.#wasLate;
      if (this.#wasLate) this.#lookIn(0);
      else this.#look(now);
    });
  }

  #look(now: number): void {
    let nextMs = Infinity;
    // A copy: what a log holds may lead to anything.
    for (const worker of [...this.#parts.workers]) {
      if (worker.inFlight === 0) this.#silences.delete(worker);
      else nextMs = Math.min(nextMs, this.#dueIn(worker, now));
    }
    if (this.#timer === undefined && nextMs < Infinity) this.#lookIn(nextMs);
  }

  /** Looks at a worker if that is due; tells when it is due next. */
  #dueIn(worker: Worker, now: number): number {
    const { heardAtMs } = worker.received;
    let silence = this.#silences.get(worker);
    if (silence?.sinceMs !== heardAtMs) {
      silence = { sinceMs: heardAtMs, nextAtMs: heardAtMs + FIRST_LOOK_MS, waitMs: FIRST_LOOK_MS };
      this.#silences.set(worker, silence);
    }
    if (silence.nextAtMs > now) return silence.nextAtMs - now;
    worker.received.readLog(false);
    silence.waitMs = Math.min(silence.waitMs * 2, LAST_LOOK_MS);
    silence.nextAtMs = now + silence.waitMs;
    return silence.waitMs;
  }
}
