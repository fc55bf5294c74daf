import { mostAtLastTask } from '@millpond/core/internal';
import type { RunRecord } from './run-record.js';

/** Starts of the workers that come after recycled ones. A pool begins few at once: the next one begins when the earliest is done. */
export class Successors {
  readonly #bootMs: number;
  /** When the latest one in each place for a start is ready. */
  readonly #readyMs: Float64Array;

  constructor({ recycle, workers }: RunRecord) {
    this.#bootMs = recycle?.bootMs ?? 0;
    this.#readyMs = new Float64Array(mostAtLastTask(workers.length, recycle?.afterTasks)).fill(-Infinity);
  }

  /** @returns when the next one is ready */
  begin(nowMs: number): number {
    let place = 0;
    for (let i = 1; i < this.#readyMs.length; i++) {
      if ((this.#readyMs[i] as number) < (this.#readyMs[place] as number)) place = i;
    }
    const readyMs = Math.max(nowMs, this.#readyMs[place] as number) + this.#bootMs;
    this.#readyMs[place] = readyMs;
    return readyMs;
  }
}
