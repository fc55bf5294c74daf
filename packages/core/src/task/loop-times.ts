import { hostNowMs } from '../base/clock.js';

/**
 * Time that the program takes in its loops over `map`: for inputs, and for results. Four readings of the clock take 0.2 µs an item, so
 * nothing is timed without a profiler.
 */
export class LoopTimes {
  isTimed = false;
  /** Inputs that sources gave. */
  inputs = 0;
  /** Time in which sources were asked for an input, ms. */
  sourceMs = 0;
  /** Time between a result and the request for the next one, ms. */
  readerMs = 0;

  /** The time now, or NaN if nothing is timed. */
  now(): number {
    return this.isTimed ? hostNowMs() : NaN;
  }

  took(): void {
    if (this.isTimed) this.inputs++;
  }

  asked(sinceMs: number): void {
    const ms = this.now() - sinceMs;
    if (ms > 0) this.sourceMs += ms;
  }

  read(sinceMs: number): void {
    const ms = this.now() - sinceMs;
    if (ms > 0) this.readerMs += ms;
  }
}
