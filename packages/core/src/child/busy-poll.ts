import { setImmediate } from '../base/natives.js';

/** After this many gaps in a row that a poll would have caught, the next one is polled for. */
const TRUSTED = 32;
/** No more than these count, so that trust can be lost. */
const MOST_COUNTED = 2 * TRUSTED;
/** What a gap too long takes back. Polling goes on only while eight of nine polls are worth it. */
const DOUBT = 8;

/**
 * From one turn of the loop to the next. Each costs garbage: without a pause, one task in 150 waited for its collection.
 */
const BETWEEN_TURNS_MS = 0.004;
/**
 * Steps of a pause from one look at the clock to the next, some 1 µs. Each look makes a number on the heap. With one look
 * after the other, polls made 5.3 KB of garbage a call, more than all else in a worker, and one call in 100 met its collection.
 */
const PAUSE_STEPS = 2000;

/** A turn that takes this long has lost its core to another thread: there was none to spare. */
const PREEMPTED_MS = 1;

/** Whether the next task is expected so soon after an answer that it is not worth going to sleep. */
export class SoonAgain {
  readonly #withinMs: number;
  #trust = 0;

  constructor(withinMs: number) {
    this.#withinMs = withinMs;
  }

  /** A task came, so long after the last answer. */
  note(gapMs: number): void {
    if (gapMs <= this.#withinMs) this.#trust = Math.min(this.#trust + 1, MOST_COUNTED);
    else this.#trust = Math.max(0, this.#trust - DOUBT);
  }

  forget(): void {
    this.#trust = 0;
  }

  get isExpected(): boolean {
    return this.#trust >= TRUSTED;
  }
}

/**
 * Keeps the event loop turning for a moment after an answer, so that a caller who calls again at once finds the worker awake.
 *
 * A process or thread that waits for its next frame is asleep, and so is the core under it; to wake both takes longer than
 * all that this library does for a call. One call after another over two processes took 82 µs without polling and 33 with
 * it, over threads 61 and 22. The price is the core of that worker, in the gaps between such calls and, once they become
 * longer, for `limitMs` five times at most.
 */
export class BusyPoll {
  readonly #limitMs: number;
  readonly #now: () => number;
  readonly #soon: SoonAgain;
  /** When the last answer left; undefined while there is work. */
  #restingSince: number | undefined;
  #isTurning = false;
  #turnedAt = 0;
  #polledMs = 0;
  #steps = 0;
  readonly #turn = (): void => {
    const since = this.#restingSince;
    const now = this.#now();
    this.#isTurning = since !== undefined && now - since < this.#limitMs;
    if (!this.#isTurning) return;
    if (now - this.#turnedAt > PREEMPTED_MS) this.#soon.forget();
    do {
      this.#pause();
      this.#turnedAt = this.#now();
    } while (this.#turnedAt - now < BETWEEN_TURNS_MS);
    setImmediate(this.#turn);
  };

  /** @param limitMs how long to poll at most; 0 for never */
  constructor(limitMs: number, now: () => number) {
    this.#limitMs = limitMs;
    this.#now = now;
    this.#soon = new SoonAgain(limitMs);
  }

  /** The last answer has left, and there is nothing to do. */
  rest(): void {
    if (this.#limitMs === 0) return;
    this.#restingSince = this.#turnedAt = this.#now();
    if (!this.#soon.isExpected || this.#isTurning) return;
    this.#isTurning = true;
    setImmediate(this.#turn);
  }

  /** A task came. */
  wake(nowMs: number): void {
    if (this.#restingSince === undefined) return;
    const gapMs = nowMs - this.#restingSince;
    this.#restingSince = undefined;
    if (this.#soon.isExpected) this.#polledMs += Math.min(gapMs, this.#limitMs);
    this.#soon.note(gapMs);
  }

  /** Keeps the core. The sum is kept, so that no compiler finds the steps to be for nothing. */
  #pause(): void {
    let steps = this.#steps;
    for (let step = 0; step < PAUSE_STEPS; step++) steps = (steps + step) | 0;
    this.#steps = steps;
  }

  /** Time spent polling since this was asked last. A measurement of the loop shows it as work, which it is not. */
  takePolledMs(): number {
    const polledMs = this.#polledMs;
    this.#polledMs = 0;
    return polledMs;
  }
}
