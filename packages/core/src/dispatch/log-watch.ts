import type { Clock, Timer } from '../base/clock.js';
import { BATCH_WAIT_MS, REPORT_EVERY_MS } from '../wire/pace.js';
import type { Worker } from '../worker/worker.js';
import { FREE_LOOP_MS } from './silence.js';

/**
 * A look that comes this late comes in a busy loop, which has not read the frames that wait. Node's timers count whole
 * milliseconds, so in a free loop they are late by up to one.
 */
const LATE_MS = 1;

/** Length of a worker's silence, and the time of the next look at its log. Host clock. */
interface Silence {
  readonly sinceMs: number;
  nextAtMs: number;
  waitMs: number;
  /** Bytes that had arrived from it at the last look. */
  bytes: number;
}

export interface LogWatchParts {
  clock: Clock;
  /** Every worker that may have tasks in flight; workers come and go in this list. */
  workers: readonly Worker[];
}

/**
 * Reads the logs of silent workers. A handler that computes for seconds keeps its worker from sending finished results. A
 * look costs a read of the log, 1 µs. It comes 4 ms after the last word of a worker, since no result waits longer for others. The
 * next looks come after 8, 16 … and at last 250 ms, the time between two reports.
 */
export class LogWatch {
  readonly #parts: LogWatchParts;
  #timer: Timer | undefined;
  #dueAtMs = 0;
  #wasLate = false;
  /** Weak, because a worker may end in its silence. */
  readonly #silences = new WeakMap<Worker, Silence>();

  constructor(parts: LogWatchParts) {
    this.#parts = parts;
  }

  /** Notes that tasks were handed out. */
  wake(): void {
    // At a worker with a long silence, the next look may come too late for the tasks that leave now.
    if (this.#timer !== undefined && this.#dueAtMs <= this.#parts.clock.now() + BATCH_WAIT_MS) return;
    this.#timer?.cancel();
    this.#lookIn(BATCH_WAIT_MS);
  }

  /** Stops, since there is no worker left to look at. */
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
      // Frames are read first; after that most workers are not silent. This happens only once: where each turn is long, each
      // look is late.
      this.#wasLate = now - dueAt > LATE_MS && !this.#wasLate;
      if (this.#wasLate) this.#lookIn(0);
      else this.#look(now);
    });
  }

  #look(now: number): void {
    let nextMs = Infinity;
    // A copy, because the content of a log may lead to anything.
    for (const worker of [...this.#parts.workers]) {
      if (worker.inFlight === 0) this.#silences.delete(worker);
      else nextMs = Math.min(nextMs, this.#dueIn(worker, now));
    }
    if (this.#timer === undefined && nextMs < Infinity) this.#lookIn(nextMs);
  }

  /** Looks at a worker if that is due. Returns the time until the next look. */
  #dueIn(worker: Worker, now: number): number {
    const { heardAtMs, receivedBytes } = worker.received;
    let silence = this.#silences.get(worker);
    if (silence?.sinceMs !== heardAtMs) {
      silence = { sinceMs: heardAtMs, nextAtMs: heardAtMs + BATCH_WAIT_MS, waitMs: BATCH_WAIT_MS, bytes: NaN };
      this.#silences.set(worker, silence);
    }
    if (silence.nextAtMs > now) return silence.nextAtMs - now;
    // After such a silence, the frames of a worker will not come soon. It computes, or stands still, with progress that its socket
    // did not take. Results behind that progress are read without it, since the wait may have no end. Not as long as it comes.
    // After a long turn of this loop, frames may be there unread, or in part. Between two looks, the loop has read what there was.
    const hasCome = silence.bytes !== receivedBytes;
    silence.bytes = receivedBytes;
    worker.received.readLog(!hasCome && now - heardAtMs >= FREE_LOOP_MS);
    silence.waitMs = Math.min(silence.waitMs * 2, REPORT_EVERY_MS);
    silence.nextAtMs = now + silence.waitMs;
    return silence.waitMs;
  }
}
