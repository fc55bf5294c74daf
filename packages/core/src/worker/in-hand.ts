import { nextId, slotOf, SLOTS } from '../wire/claim-board.js';

/** What a worker needs to know of a task to carry it. */
export interface Cargo {
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
  /** 1 for the first try. */
  readonly attempt: number;
  /** Longest execution, ms; Infinity for none. */
  readonly timeoutMs: number;
  /** Latest end, host clock; Infinity for none. */
  readonly deadlineMs: number;
  /** What the handler sees as ctx.deadline. */
  readonly deadlineEpochMs: number | undefined;
  readonly wantsProgress: boolean;
  /** Execution time expected of it, ms; what it adds to its worker's work ahead. */
  expectedMs: number;
  assignedAt: number;
  sentAt: number;
  /** Its name between parent and worker while it is in hand. */
  wireId: number;
}

/**
 * What is left in a worker's hand of a task nobody waits for any more. The task itself is free to settle or to run
 * again elsewhere; its place stays taken until the worker has answered for it.
 */
export interface Ghost {
  readonly ghost: true;
  readonly id: number;
  readonly name: string;
  readonly expectedMs: number;
  readonly wireId: number;
  readonly sentAt: number;
}

export function isGhost(item: Cargo | Ghost): item is Ghost {
  return 'ghost' in item;
}

/**
 * The tasks one worker has in hand, by wire id. An array indexed by slot, not a Map: giving and taking back a place is
 * two array writes.
 */
export class InHand<T extends Cargo> {
  readonly #slots: (T | Ghost | undefined)[] = [];
  readonly #lastIds: number[] = [];
  readonly #free: number[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Gives a task a place and a wire id. The caller keeps within SLOTS tasks. */
  add(task: T): void {
    const slot = this.#free.pop() ?? this.#slots.length;
    if (slot >= SLOTS) throw new RangeError(`A worker holds at most ${SLOTS} tasks.`);
    task.wireId = nextId(slot, this.#lastIds[slot] ?? 0);
    this.#slots[slot] = task;
    this.#lastIds[slot] = task.wireId;
    this.#size++;
  }

  /** What has this id; undefined when its result came already or the id is not from here. */
  get(wireId: number): T | Ghost | undefined {
    const item = this.#slots[slotOf(wireId)];
    return item?.wireId === wireId ? item : undefined;
  }

  remove(item: T | Ghost): void {
    const slot = slotOf(item.wireId);
    if (this.#slots[slot] !== item) return;
    this.#slots[slot] = undefined;
    this.#free.push(slot);
    this.#size--;
  }

  /** Lets the task go and keeps its place. */
  abandon(task: T): Ghost {
    const { id, name, expectedMs, wireId, sentAt } = task;
    const ghost: Ghost = { ghost: true, id, name, expectedMs, wireId, sentAt };
    this.#slots[slotOf(wireId)] = ghost;
    return ghost;
  }

  /** All that has a place, oldest first. */
  all(): (T | Ghost)[] {
    return this.#slots.filter((item) => item !== undefined).sort((a, b) => a.id - b.id);
  }
}
