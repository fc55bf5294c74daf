import type { RowExtras } from '../wire/messages.js';
import { RunningTask, type WorkerScope } from './running-task.js';

/** Learns that no row of one input is wanted any more. */
export interface ItemOwner {
  dropped(reason: unknown): void;
}

/** One row of a call that takes lists: the context of its item. Rows that share an input have the context of the first of them. */
export class BatchItem extends RunningTask {
  /** Row with whose input this one is answered, by its position in the frame: its own, or an earlier one. */
  readonly source: number;
  /** Whether it has no input of its own. */
  readonly isShared: boolean;
  /** Context that stands for this row. */
  #leader: BatchItem = this;
  /** Rows that it stands for and that are wanted. */
  #wanted = 1;
  #isDropped = false;
  #owner: ItemOwner | undefined;

  /** @param row its position in the frame */
  constructor(
    scope: WorkerScope,
    id: number,
    name: string,
    taskId: number,
    attempt: number,
    extras: RowExtras | undefined,
    row: number,
  ) {
    super(scope, id, name, taskId, attempt, extras);
    const distance = extras?.sameAs ?? 0;
    this.source = row - distance;
    this.isShared = distance > 0;
  }

  /** Sets who learns that it is not wanted any more. */
  set owner(owner: ItemOwner) {
    this.#owner = owner;
  }

  /** Has another row stand for this one, because both have one input. */
  follow(leader: BatchItem): void {
    this.#leader = leader;
    leader.#wanted++;
  }

  override abort(reason: unknown): void {
    if (this.#isDropped) return;
    this.#isDropped = true;
    const leader = this.#leader;
    if (--leader.#wanted > 0) return;
    leader.#abortNow(reason);
    leader.#owner?.dropped(reason);
  }

  #abortNow(reason: unknown): void {
    super.abort(reason);
  }
}
