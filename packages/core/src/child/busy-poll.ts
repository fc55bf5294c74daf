import { setImmediate } from '../base/natives.js';

/**
 * Gaps in a row that a poll would have caught, after which the next one is polled for. With the two numbers below, five
 * polls of 0.1 ms at most are in vain when calls end. At double there are nine. At half, bursts of 16 calls would be polled
 * for.
 */
const TRUSTED = 32;
/** Most gaps that count, so that trust can be lost. */
const MOST_COUNTED = 2 * TRUSTED;
/** Trust that a gap too long takes back. Polling goes on only while eight of nine polls are worth it. */
const DOUBT = 8;

/**
 * Time from one turn of the loop to the next. Each turn makes garbage: without a pause, one task in 150 waited for its collection.
 */
const BETWEEN_TURNS_MS = 0.004;
/**
 * Steps of a pause between two looks at the clock, some 1 µs. Each look makes a number on the heap. Without pauses, polls made
 * 5.3 KB of garbage a call, more than everything else in a worker. One call in 100 then met its collection.
 */
const PAUSE_STEPS = 2000;

/**
 * Length of a turn that has lost its core to another thread: no core was to spare. A turn takes 4 µs, and a time slice of
 * Linux some milliseconds. Half or double is between the two all the same.
 */
const PREEMPTED_MS = 1;

/** Whether the next task is expected so soon after an answer that sleep is not worth it. */
export class SoonAgain {
  readonly #withinMs: number;
  #trust = 0;

  constructor(withinMs: number) {
    this.#withinMs = withinMs;
  }

  /** Notes the time from the last answer to a new task. */
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
 * Keeps the event loop turning for a moment after an answer, so that an immediate next call finds it awake.
 *
 * A process or thread that waits for its next frame is asleep, and so is the core under it. To wake both takes longer than all
 * of this library's work for a call. One call after another over two processes took 82 µs without polling, and 33 µs with it.
 * Over threads it took 61 and 22 µs. The price is the core of that worker in the gaps between such calls. Once the gaps become
 * longer, it polls for `limitMs` five times at most.
 */
export class BusyPoll {
  readonly #limitMs: number;
  readonly #now: () => number;
  readonly #soon: SoonAgain;
  /** Time when the last answer left; undefined while there is work. */
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

  /** @param limitMs longest time to poll; 0 for never */
  constructor(limitMs: number, now: () => number) {
    this.#limitMs = limitMs;
    this.#now = now;
    this.#soon = new SoonAgain(limitMs);
  }

  /** Called when the last answer has left, and there is nothing to do. */
  rest(): void {
    if (this.#limitMs === 0) return;
    this.#restingSince = this.#turnedAt = this.#now();
    if (!this.#soon.isExpected || this.#isTurning) return;
    this.#isTurning = true;
    setImmediate(this.#turn);
  }

  /** Called when a task comes. */
  wake(nowMs: number): void {
    if (this.#restingSince === undefined) return;
    const gapMs = nowMs - this.#restingSince;
    this.#restingSince = undefined;
    if (this.#soon.isExpected) this.#polledMs += Math.min(gapMs, this.#limitMs);
    this.#soon.note(gapMs);
  }

  /** Keeps the core busy. The sum is stored, so that no compiler removes the steps as useless. */
  #pause(): void {
    let steps = this.#steps;
    for (let step = 0; step < PAUSE_STEPS; step++) steps = (steps + step) | 0;
    this.#steps = steps;
  }

  /** Time spent polling since the last call. A measurement of the loop counts it as work, which it is not. */
  takePolledMs(): number {
    const polledMs = this.#polledMs;
    this.#polledMs = 0;
    return polledMs;
  }
}
