import type { Cores } from './cores.js';
import type { RunRecord } from './run-record.js';
import { IntQueue } from './time-heap.js';

/** Work of the program's main thread: a call, a hand-over, a result, or code of the program. */
export type MainJob = 'intake' | 'dispatch' | 'settle' | 'user';
const JOBS: readonly MainJob[] = ['intake', 'dispatch', 'settle', 'user'];

/** The program's main thread: one thing at a time, in order. Hand-overs go first, because a turn of its loop ends with them. */
export class MainThread {
  /** What it does now, and since when the oldest waiting thing waits. */
  job: MainJob | undefined;
  readonly #record: RunRecord;
  readonly #cores: Cores;
  readonly #done: (job: MainJob, index: number) => void;
  readonly #first = new IntQueue();
  readonly #rest = new IntQueue();
  #index = 0;
  #isTurning = false;
  onBegin: ((job: MainJob, index: number) => void) | undefined;

  constructor(record: RunRecord, cores: Cores, done: (job: MainJob, index: number) => void) {
    this.#record = record;
    this.#cores = cores;
    this.#done = done;
  }

  get waiting(): number {
    return this.#first.size + this.#rest.size;
  }

  add(job: MainJob, index: number): void {
    (job === 'dispatch' ? this.#first : this.#rest).push(index * 4 + JOBS.indexOf(job));
    this.#turn();
  }

  /** Its work is done: that of the thing in hand. */
  finish(): void {
    this.#end();
    this.#turn();
  }

  /** Things that take no time end at once. So a turn may make further ones, and must not begin again within itself. */
  #turn(): void {
    if (this.#isTurning) return;
    this.#isTurning = true;
    while (this.job === undefined) {
      const item = this.#first.size > 0 ? this.#first.shift() : this.#rest.shift();
      if (item < 0) break;
      const job = JOBS[item & 3] ?? 'user';
      this.job = job;
      this.#index = item >> 2;
      this.onBegin?.(job, this.#index);
      const ms = this.#costOf(job, this.#index);
      if (ms > 0) this.#cores.start(0, ms);
      else this.#end();
    }
    this.#isTurning = false;
  }

  #end(): void {
    const job = this.job as MainJob;
    this.job = undefined;
    this.#done(job, this.#index);
  }

  #costOf(job: MainJob, index: number): number {
    const { rows, user } = this.#record;
    if (job === 'intake') return rows.inputEncode[index] as number;
    if (job === 'dispatch') return rows.dispatch[index] as number;
    if (job === 'settle') return rows.settle[index] as number;
    return user[index]?.ms ?? 0;
  }
}
