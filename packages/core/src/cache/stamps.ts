import { Date } from '../base/natives.js';

/** Between times that follow one another within a millisecond. A double of ms since the epoch has steps of a quarter of that. */
const LEAST_STEP_MS = 0.001;
/** How far ahead of this clock a time of another program may be, and still counts. Another host's clock may be wrong. A choice. */
const MOST_AHEAD_MS = 24 * 60 * 60 * 1000;

/**
 * Times of results and drops in a store, in ms since the epoch. Each is later than the one before, though the clock of the system
 * may be set back. So a drop holds for all that was stored before it.
 */
export class Stamps {
  #lastMs = -Infinity;

  /** The present time, for a result. */
  next(): number {
    return (this.#lastMs = Math.max(Date.now(), this.#lastMs + LEAST_STEP_MS));
  }

  /** The same for a drop. It takes the whole millisecond, in which another program may have stored a result. */
  nextOfDrop(): number {
    return (this.#lastMs = Math.floor(this.next()) + 1 - LEAST_STEP_MS);
  }

  /** Notes a time that another program gave: what this one drops now must count as later. */
  meet(ms: number): void {
    if (ms > this.#lastMs && ms < Date.now() + MOST_AHEAD_MS) this.#lastMs = ms;
  }
}
