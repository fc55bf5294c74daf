import type { Clock, Timer } from '../../src/base/clock.js';

interface Alarm {
  atMs: number;
  callback: () => void;
}

/** Time that stands still until a test moves it. Timers fire in the order they are due, at their own time. */
export class FakeClock implements Clock {
  #nowMs: number;
  readonly #alarms = new Set<Alarm>();

  constructor(nowMs = 1000) {
    this.#nowMs = nowMs;
  }

  /** Timers that are set and have not fired. */
  get timers(): number {
    return this.#alarms.size;
  }

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): Timer {
    const alarm = { atMs: this.#nowMs + Math.max(0, delayMs), callback };
    this.#alarms.add(alarm);
    return { cancel: () => void this.#alarms.delete(alarm) };
  }

  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (let next = this.#earliest(endMs); next !== undefined; next = this.#earliest(endMs)) {
      this.#alarms.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
    }
    this.#nowMs = endMs;
  }

  /** The same, and the loop has not come round yet: timers that those set do not fire before the next step. */
  fireLate(ms: number): void {
    this.#nowMs += ms;
    const due = [...this.#alarms].filter(({ atMs }) => atMs <= this.#nowMs).toSorted((a, b) => a.atMs - b.atMs);
    for (const alarm of due) if (this.#alarms.delete(alarm)) alarm.callback();
  }

  #earliest(endMs: number): Alarm | undefined {
    let earliest: Alarm | undefined;
    for (const alarm of this.#alarms) {
      if (alarm.atMs <= endMs && (earliest === undefined || alarm.atMs < earliest.atMs)) earliest = alarm;
    }
    return earliest;
  }
}
