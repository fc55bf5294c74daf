/**
 * How long tasks have been in handlers, all together: what tells a handler that waits from one that keeps its worker busy.
 * Two additions a task.
 */
export class HeldTime {
  #endedMs = 0;
  #waiting = 0;
  /** Sum of the moments at which those began that are under way. */
  #beganAt = 0;

  /** A handler has returned a promise. */
  waits(startedAt: number): void {
    this.#waiting++;
    this.#beganAt += startedAt;
  }

  /** The promise has settled. */
  ended(startedAt: number, endedAt: number): void {
    this.#waiting--;
    this.#beganAt -= startedAt;
    this.#endedMs += endedAt - startedAt;
  }

  /** A handler has returned at once. */
  ran(ms: number): void {
    this.#endedMs += ms;
  }

  /** Until now, those under way included. */
  totalMs(nowMs: number): number {
    return this.#endedMs + this.#waiting * nowMs - this.#beganAt;
  }
}
