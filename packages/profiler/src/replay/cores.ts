import { TimeHeap } from './time-heap.js';

/**
 * Cores that threads share evenly. Threads at work beyond the cores slow all of them down alike. So one clock of work serves them
 * all: it advances by the share of a core that each thread gets.
 */
export class Cores {
  /** Threads that compute now. */
  active = 0;
  readonly #cores: number;
  readonly #switching: number;
  readonly #ends: TimeHeap;
  #worked = 0;

  constructor(cores: number, switching: number, threads: number) {
    this.#cores = Math.max(0.1, cores);
    this.#switching = switching;
    this.#ends = new TimeHeap(threads + 1);
  }

  /** Share of a core that each thread at work gets, without what is lost by switching. */
  get share(): number {
    return this.active === 0 ? 1 : Math.min(1, this.#cores / this.active);
  }

  get #pace(): number {
    const surplus = Math.max(0, this.active / this.#cores - 1);
    return this.share / (1 + this.#switching * surplus);
  }

  start(thread: number, workMs: number): void {
    this.#ends.push(this.#worked + workMs, thread);
    this.active++;
  }

  /** When the next thread has done its work, if nothing else happens before. */
  nextAt(nowMs: number): number {
    return this.#ends.size === 0 ? Infinity : nowMs + Math.max(0, this.#ends.firstAt - this.#worked) / this.#pace;
  }

  advance(ms: number): void {
    if (this.active > 0) this.#worked += ms * this.#pace;
  }

  /** The thread whose work is done. */
  finish(): number {
    this.active--;
    return this.#ends.pop();
  }
}
