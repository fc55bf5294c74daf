/** Weight of the newest row in the moving average. */
const NEWEST = 0.05;

/**
 * The rows that wait in this worker, and the time that they take. A row costs what passes from one row to the next, with all that is
 * done for it beside its handler: of an idle handler that is twenty times the length of its call (call-lengths.ts).
 */
export class Backlog {
  /** Rows that have not been started. */
  rows = 0;
  /** Whether the parent had more tasks waiting when it sent the latest of them. */
  hasMore = false;
  /** From one row to the next: a moving average, ms. */
  #pitchMs = 0;

  /** Takes in the rows of a frame. */
  add(rows: number, hasMore: boolean): void {
    this.rows += rows;
    this.hasMore = hasMore;
  }

  /** Rows that are started count no longer. */
  start(rows: number): void {
    this.rows -= rows;
  }

  /** Learns how long it took from the start of these rows to that of the next. */
  note(rows: number, ms: number): void {
    this.#pitchMs += (ms / rows - this.#pitchMs) * NEWEST;
  }

  /** Time that the waiting rows take. */
  get leftMs(): number {
    return this.rows * this.#pitchMs;
  }
}
