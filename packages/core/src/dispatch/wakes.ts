import type { Clock, Timer } from '../base/clock.js';
import type { Waiter } from '../limits/gate.js';

/** A line that waits for a time. */
export interface Sleeper extends Waiter {
  /** Time at which it wakes, host clock. */
  wakeAtMs: number;
  /** Its place among all sleepers; -1 while it is awake. */
  heapIndex: number;
}

/**
 * Wakes lines of tasks at their times. A pool has one timer for all of them, and none while no line sleeps. Sleepers are in a
 * binary heap, since each key of a limit may have a line of its own.
 */
export class Wakes {
  readonly #clock: Clock;
  readonly #woken: () => void;
  readonly #heap: Sleeper[] = [];
  #timer: Timer | undefined;
  #timerAtMs = 0;

  /** @param woken called when lines may have tasks to hand out again */
  constructor(clock: Clock, woken: () => void) {
    this.#clock = clock;
    this.#woken = woken;
  }

  now(): number {
    return this.#clock.now();
  }

  /** Puts a line to sleep until this time, in place of an earlier one. */
  wakeAt(sleeper: Sleeper, atMs: number): void {
    this.#remove(sleeper);
    sleeper.wakeAtMs = atMs;
    this.#heap.push(sleeper);
    this.#rise(sleeper, this.#heap.length - 1);
    this.#arm();
  }

  /** Wakes no line that is awake already, or has gone. */
  cancel(sleeper: Sleeper): void {
    if (sleeper.heapIndex === -1) return;
    this.#remove(sleeper);
    this.#arm();
  }

  /** Reports a line that has woken. */
  noteWoken(): void {
    this.#woken();
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined) {
      this.#timer?.cancel();
      this.#timer = undefined;
    } else if (this.#timer === undefined || first.wakeAtMs < this.#timerAtMs) {
      // A timer that is early looks again. So a line that goes costs no new timer.
      this.#timer?.cancel();
      this.#timerAtMs = first.wakeAtMs;
      this.#timer = this.#clock.after(first.wakeAtMs - this.#clock.now(), () => {
        this.#timer = undefined;
        this.#wakeDue();
      });
    }
  }

  #wakeDue(): void {
    const now = this.#clock.now();
    for (let first = this.#heap[0]; first !== undefined && first.wakeAtMs <= now; first = this.#heap[0]) {
      this.#remove(first);
      first.wake();
    }
    this.#arm();
  }

  #remove(sleeper: Sleeper): void {
    const at = sleeper.heapIndex;
    if (at === -1) return;
    sleeper.heapIndex = -1;
    const last = this.#heap.pop() as Sleeper;
    if (last === sleeper) return;
    this.#rise(last, at);
    this.#sink(last, last.heapIndex);
  }

  #rise(sleeper: Sleeper, from: number): void {
    let at = from;
    while (at > 0) {
      const parent = this.#heap[(at - 1) >> 1] as Sleeper;
      if (parent.wakeAtMs <= sleeper.wakeAtMs) break;
      this.#put(parent, at);
      at = (at - 1) >> 1;
    }
    this.#put(sleeper, at);
  }

  #sink(sleeper: Sleeper, from: number): void {
    let at = from;
    for (;;) {
      const left = this.#heap[2 * at + 1];
      const right = this.#heap[2 * at + 2];
      const child = right !== undefined && right.wakeAtMs < (left as Sleeper).wakeAtMs ? right : left;
      if (child === undefined || child.wakeAtMs >= sleeper.wakeAtMs) break;
      const next = child.heapIndex;
      this.#put(child, at);
      at = next;
    }
    this.#put(sleeper, at);
  }

  #put(sleeper: Sleeper, at: number): void {
    this.#heap[at] = sleeper;
    sleeper.heapIndex = at;
  }
}
