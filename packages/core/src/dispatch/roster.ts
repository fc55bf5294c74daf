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
  /** Workers that take nothing more, and may have tasks in hand. */
  readonly #leaving = new Set<Worker>();
  readonly #logs: LogWatch;
  readonly #silences: SilenceWatch;

  constructor({ clock, stateOf, onStuck }: RosterParts) {
    const workers = (): Worker[] => [...this.workers, ...this.#leaving];
    this.#logs = new LogWatch({ clock, workers });
    this.#silences = new SilenceWatch({ clock, workers, stateOf, stuck: onStuck });
  }

  /** Workers that take tasks. */
  get ready(): Worker[] {
    return this.workers.filter((worker) => worker.isReady);
  }

  /** Tasks in the hands of all of them. */
  tasks(): Task[] {
    return [...this.workers, ...this.#leaving].flatMap((worker) => worker.tasks());
  }

  /** A worker has become ready. */
  join(worker: Worker): void {
    this.#silences.noteStart(worker.bootMs);
    this.workers.push(worker);
  }

  /** A worker was told to go, and finishes what it has. */
  leave(worker: Worker): void {
    // First, so that the logs of the last worker are still watched.
    this.#leaving.add(worker);
    this.#strike(worker);
  }

  /** A worker has ended. */
  remove(worker: Worker): void {
    this.#leaving.delete(worker);
    this.#strike(worker);
  }

  /** Tasks have left for workers. */
  noteSent(): void {
    if (this.workers.length > 0) this.#logs.wake();
  }

  /** Looks for workers that stand still, and says whether one is silent. */
  lookForStuck(): boolean {
    return this.#silences.look();
  }

  #strike(worker: Worker): void {
    const at = this.workers.indexOf(worker);
    if (at !== -1) this.workers.splice(at, 1);
    this.#silences.drop(worker);
    if (this.workers.length === 0 && this.#leaving.size === 0) this.#logs.stop();
  }
}
