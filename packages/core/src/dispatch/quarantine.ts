import { LinkedQueue } from '../base/linked-queue.js';
import type { Task } from '../task/task.js';
import type { Candidate } from './candidate.js';

/** Verdict on an empty candidate that was set aside: it runs this suspect, or is free for all tasks again. */
export interface Verdict {
  readonly candidate: Candidate;
  readonly suspect: Task | undefined;
}

const NONE: readonly Verdict[] = [];

/**
 * Tasks that ran together when their worker died, and may run again. Which of them ended it is unknown, so each runs in a
 * worker without other tasks. Only a task that ends a second worker is to blame. Each worker may hold one suspect. While
 * other tasks wait, one worker is left to them.
 */
export class Quarantine {
  readonly #waiting = new LinkedQueue<Task>();
  /** Candidates that take nothing else: they become empty, or run a suspect. */
  readonly #reserved = new Set<Candidate>();
  /** Reserved candidates that got a suspect and have not answered. */
  readonly #running = new Set<Candidate>();

  get size(): number {
    return this.#waiting.size;
  }

  all(): Iterable<Task> {
    return this.#waiting;
  }

  push(task: Task): void {
    this.#waiting.push(task);
  }

  remove(task: Task): void {
    this.#waiting.remove(task);
  }

  /** Forgets a candidate that takes no more tasks. */
  drop(candidate: Candidate): void {
    this.#running.delete(candidate);
    if (this.#reserved.delete(candidate)) candidate.isReserved = false;
  }

  /**
   * Sets candidates aside for the waiting suspects, and gives a verdict on each one that is empty.
   * @param candidates all candidates
   * @param othersWait whether tasks that are not suspects wait
   */
  next(candidates: Iterable<Candidate>, othersWait: boolean): readonly Verdict[] {
    if (this.#waiting.size === 0 && this.#reserved.size === 0) return NONE;
    const byLoad = [...candidates].sort((a, b) => a.worker.inFlight - b.worker.inFlight);
    const most = Math.max(1, othersWait ? byLoad.length - 1 : byLoad.length);
    this.#reserve(byLoad, most);
    const verdicts: Verdict[] = [];
    for (const candidate of [...this.#reserved]) {
      if (candidate.isSpent || candidate.worker.inFlight > 0) continue;
      const suspect = this.#reserved.size > most ? undefined : this.#waiting.shift();
      if (suspect === undefined) this.drop(candidate);
      else this.#running.add(candidate);
      verdicts.push({ candidate, suspect });
    }
    return verdicts;
  }

  #reserve(byLoad: readonly Candidate[], most: number): void {
    for (const candidate of this.#running) if (candidate.worker.inFlight === 0) this.#running.delete(candidate);
    let emptying = this.#reserved.size - this.#running.size;
    for (const candidate of byLoad) {
      if (emptying >= this.#waiting.size || this.#reserved.size >= most) break;
      if (this.#reserved.has(candidate) || candidate.isSpent) continue;
      this.#reserved.add(candidate);
      candidate.isReserved = true;
      emptying++;
    }
  }
}
