import type { Clock } from '../base/clock.js';
import type { ThreadState } from '../sizing/thread-state.js';
import type { Task } from '../task/task.js';
import type { Worker } from '../worker/worker.js';
import { LogWatch } from './log-watch.js';
import { SilenceWatch } from './silence-watch.js';

export interface RosterParts {
  clock: Clock;
  /** State of the thread that runs a worker's loop, as the system reports it. */
  stateOf(worker: Worker): ThreadState | undefined;
  /** Reports a worker with tasks that is at a standstill outside of any handler. */
  onStuck(worker: Worker, silentMs: number): void;
}

/** Knows which workers take tasks, and which only finish theirs. Watches the silent ones among both. */
export class Roster {
  /** Workers that have become ready and have not left. The list is the same one for ever. */
  readonly workers: Worker[] = [];
  /** The same, and workers that take no more tasks and finish theirs. The list is the same one for ever. */
  readonly #present: Worker[] = [];
  readonly #logs: LogWatch;
  readonly #silences: SilenceWatch;

  constructor({ clock, stateOf, onStuck }: RosterParts) {
    this.#logs = new LogWatch({ clock, workers: this.#present });
    this.#silences = new SilenceWatch({ clock, workers: this.#present, stateOf, stuck: onStuck });
  }

  /** Workers that take tasks. */
  get ready(): Worker[] {
    return this.workers.filter((worker) => worker.isReady);
  }

  /** Workers that take tasks, and those that only finish theirs. */
  get present(): readonly Worker[] {
    return this.#present;
  }

  /** Tasks in flight in all of them. */
  tasks(): Task[] {
    return this.#present.flatMap((worker) => worker.tasks());
  }

  /** Adds a worker that has become ready. */
  join(worker: Worker): void {
    this.#silences.noteStart(worker.bootMs);
    this.workers.push(worker);
    this.#present.push(worker);
  }

  /** Notes that a worker is stopping, and finishes what it has. */
  leave(worker: Worker): void {
    remove(this.workers, worker);
    this.#silences.drop(worker);
  }

  /** Removes a worker that has ended. */
  remove(worker: Worker): void {
    this.leave(worker);
    remove(this.#present, worker);
    if (this.#present.length === 0) this.#logs.stop();
  }

  /** Notes that tasks have left for workers. */
  noteSent(): void {
    if (this.workers.length > 0) this.#logs.wake();
  }

  /** Looks for workers at a standstill. Returns whether one is silent. */
  lookForStuck(): boolean {
    return this.#silences.look();
  }
}

function remove(workers: Worker[], worker: Worker): void {
  const at = workers.indexOf(worker);
  if (at !== -1) workers.splice(at, 1);
}
