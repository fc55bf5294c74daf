import { LinkedQueue } from '../base/linked-queue.js';
import type { Task } from '../task/task.js';
import type { Candidate } from './candidate.js';
import { goesBefore } from './task-order.js';

/** Verdict on a candidate that was set aside. It is empty and runs this suspect, or is free for all tasks again. */
export interface Verdict {
  readonly candidate: Candidate;
  readonly suspect: Task | undefined;
}

const NONE: readonly Verdict[] = [];

/**
 * Tasks that must run alone. Suspects ran together when their worker died, and may run again. Which of them ended it is
 * unknown. Only a task that ends a second worker is to blame. An exclusive task is treated as a suspect, once its turn in the
 * queue has come. Each worker may hold one suspect. While other tasks wait, one worker is left to them.
 */
export class Quarantine {
  readonly #waiting = new LinkedQueue<Task>();
  /** Whether priorities of them differ. */
  #isMixed = false;
  readonly #mayBegin: (task: Task) => boolean;
  /** Candidates that take nothing else: they become empty, or run a suspect. */
  readonly #reserved = new Set<Candidate>();
  /** Reserved candidates that got a suspect and have not answered. */
  readonly #running = new Set<Candidate>();

  /** @param mayBegin whether the limits of a task let it begin */
  constructor(mayBegin: (task: Task) => boolean) {
    this.#mayBegin = mayBegin;
  }

  get size(): number {
    return this.#waiting.size;
  }

  all(): Iterable<Task> {
    return this.#waiting;
  }

  /** Expected execution time of all that wait, ms. */
  get expectedMs(): number {
    let expectedMs = 0;
    for (const { type } of this.#waiting) expectedMs += type.expectedMs;
    return expectedMs;
  }

  push(task: Task): void {
    const { first } = this.#waiting;
    this.#isMixed = first !== undefined && (this.#isMixed || first.priority !== task.priority);
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
  next(candidates: Iterable<Candidate>, othersWait: boolean): Iterable<Verdict> {
    return this.#waiting.size === 0 && this.#reserved.size === 0 ? NONE : this.#verdicts(candidates, othersWait);
  }

  /** One by one: a suspect that begins may use up the limits of the next one. */
  *#verdicts(candidates: Iterable<Candidate>, othersWait: boolean): Generator<Verdict> {
    // While memory is short, a worker without tasks must stay without.
    const working = [...candidates].filter(({ isWithheld }) => !isWithheld);
    const byLoad = working.sort((a, b) => a.worker.inFlight - b.worker.inFlight);
    const most = Math.max(1, othersWait ? byLoad.length - 1 : byLoad.length);
    for (const candidate of this.#running) if (candidate.worker.inFlight === 0) this.#running.delete(candidate);
    for (const candidate of this.#dropUseless(byLoad)) yield { candidate, suspect: undefined };
    this.#reserve(byLoad, most);
    // Suspects that were cancelled need no worker any more.
    let unneeded = this.#reserved.size - this.#running.size - this.#waiting.size;
    for (const candidate of [...this.#reserved]) {
      if (unneeded > 0 && !this.#running.has(candidate)) {
        unneeded--;
        this.drop(candidate);
        yield { candidate, suspect: undefined };
        continue;
      }
      if (candidate.isSpent || candidate.worker.inFlight > 0) continue;
      const suspect = this.#reserved.size > most ? undefined : this.#takeNext();
      if (suspect === undefined) this.drop(candidate);
      else this.#running.add(candidate);
      yield { candidate, suspect };
    }
  }

  /**
   * Drops reserved candidates that are not empty yet, one for each that is empty already. Otherwise a task of an hour would hold up
   * a suspect beside an idle worker. Drops those that memory withholds, too.
   */
  #dropUseless(byLoad: readonly Candidate[]): Candidate[] {
    let empty = byLoad.filter((each) => each.worker.inFlight === 0 && !each.isSpent && !each.isReserved).length;
    const dropped = [...this.#reserved].filter((candidate) => {
      if (this.#running.has(candidate)) return false;
      return candidate.isWithheld || (candidate.worker.inFlight > 0 && empty-- > 0);
    });
    for (const candidate of dropped) this.drop(candidate);
    return dropped;
  }

  #takeNext(): Task | undefined {
    let next: Task | undefined;
    for (const task of this.#waiting) {
      if (!this.#mayBegin(task) || (next !== undefined && !goesBefore(task, next))) continue;
      next = task;
      if (!this.#isMixed) break;
    }
    if (next !== undefined) this.#waiting.remove(next);
    return next;
  }

  #reserve(byLoad: readonly Candidate[], most: number): void {
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
