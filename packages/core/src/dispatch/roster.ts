import type { Clock } from '../base/clock.js';
import type { ThreadState } from '../sizing/thread-state.js';
import type { Task } from '../task/task.js';
import type { Worker } from '../worker/worker.js';
import { LogWatch } from './log-watch.js';
import { SilenceWatch } from './silence-watch.js';

export interface RosterParts {
  clock: Clock;
  /** What the system says of the thread that runs a worker's loop. */
  stateOf(worker: Worker): ThreadState | undefined;
  /** A worker stands still outside of any handler, with tasks before it. */
  onStuck(worker: Worker, silentMs: number): void;
}

/** Which workers take tasks, and which only finish what they have. The silent among both are looked after. */
export class Roster {
  /** Workers that have become ready and have not left. The list is the same one for ever. */
  readonly workers: Worker[] = [];
  /** Those, and workers that take nothing more and finish what they have. The list is the same one for ever. */
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

  /** Tasks in the hands of all of them. */
  tasks(): Task[] {
    return this.#present.flatMap((worker) => worker.tasks());
  }

  /** A worker has become ready. */
  join(worker: Worker): void {
    this.#silences.noteStart(worker.bootMs);
    this.workers.push(worker);
    this.#present.push(worker);
  }

  /** A worker was told to go, and finishes what it has. */
  leave(worker: Worker): void {
    remove(this.workers, worker);
    this.#silences.drop(worker);
  }

  /** A worker has ended. */
  remove(worker: Worker): void {
    this.leave(worker);
    remove(this.#present, worker);
    if (this.#present.length === 0) this.#logs.stop();
  }

  /** Tasks have left for workers. */
  noteSent(): void {
    if (this.workers.length > 0) this.#logs.wake();
  }

  /** Looks for workers that stand still, and says whether one is silent. */
  lookForStuck(): boolean {
    return this.#silences.look();
  }
}

function remove(workers: Worker[], worker: Worker): void {
  const at = workers.indexOf(worker);
  if (at !== -1) workers.splice(at, 1);
}
