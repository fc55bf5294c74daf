/**
 * Weight of the newest row in the moving average. The last 40 or so count, a part of one frame. With double the weight, one
 * row that met a collection counts a tenth. With half, a frame of other tasks is over before the average follows.
 */
const NEWEST = 0.05;

/**
 * The rows that wait in this worker, and the time that they will take. The cost of a row is the time from one row to the next, not
 * its handler's call alone. For an idle handler it is twenty times the length of the call (call-lengths.ts).
 */
export class Backlog {
  /** Rows that have not been started. */
  rows = 0;
  /** Whether more tasks waited in the parent when it sent the latest row. */
  hasMore = false;
  /** Time from one row to the next: a moving average, ms. The parent's averages know of calls alone, and arrive with a delay. */
  #pitchMs = 0;

  /** Adds the rows of a frame. */
  add(rows: number, hasMore: boolean): void {
    this.rows += rows;
    this.hasMore = hasMore;
  }

  /** Removes rows that are started. */
  start(rows: number): void {
    this.rows -= rows;
  }

  /** Notes the time from the start of these rows to that of the next. */
  note(rows: number, ms: number): void {
    this.#pitchMs += (ms / rows - this.#pitchMs) * NEWEST;
  }

  /** Time that the waiting rows will take. */
  get leftMs(): number {
    return this.rows * this.#pitchMs;
  }
}
