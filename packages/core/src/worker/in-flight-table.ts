import type { Assignee, Task } from '../task/task.js';
import { isMarkSlot, nextId, slotOf, SLOTS, TASK_SLOTS } from '../wire/claim-board.js';
import { InFlightEntry } from './in-flight-entry.js';

/** First room for entries, a power of two. Most workers have no more than half as many tasks at once, and the ring doubles. */
const FIRST_PLACES = 16;

/**
 * The tasks that one worker has in flight, by wire id. Entries are given out in a ring, so that consecutive tasks mostly have
 * neighbouring slots. A worker claims such a run with one write (see child/task-loop.ts). The ring grows when it is half
 * full. So the search for the next free entry passes few taken ones.
 */
export class InFlightTable {
  readonly #assignee: Assignee;
  readonly #entries: InFlightEntry[] = [];
  #next = 0;
  #size = 0;

  constructor(assignee: Assignee) {
    this.#assignee = assignee;
    this.#grow(FIRST_PLACES);
  }

  get size(): number {
    return this.#size;
  }

  /** Gives a task an entry and a wire id. Dispatch keeps within TASK_SLOTS tasks. */
  add(task: Task): InFlightEntry {
    const count = this.#entries.length;
    if (this.#size === TASK_SLOTS) throw new RangeError(`A worker holds at most ${TASK_SLOTS} tasks.`);
    if (this.#size * 2 >= count && count < SLOTS) {
      this.#next = count;
      this.#grow(count);
    }
    const entry = this.#nextFree();
    entry.wireId = nextId(entry.slot, entry.wireId);
    entry.task = task;
    entry.isAbandoned = false;
    entry.isRevoked = false;
    entry.hasReturned = false;
    entry.call = undefined;
    entry.row = 0;
    entry.assignedAt = NaN;
    entry.sentAt = NaN;
    this.#size++;
    return entry;
  }

  /** The entry with this id; undefined when its result has come already, or for an unknown id. */
  get(wireId: number): InFlightEntry | undefined {
    const entry = this.#entries[slotOf(wireId)];
    return entry?.wireId === wireId && entry.task !== undefined ? entry : undefined;
  }

  /** The entry in this slot, which may be free. */
  at(slot: number): InFlightEntry | undefined {
    return this.#entries[slot];
  }

  remove(entry: InFlightEntry): void {
    if (entry.task === undefined) return;
    entry.task = undefined;
    this.#size--;
  }

  /** All taken entries, oldest task first. */
  all(): InFlightEntry[] {
    const taken = this.#entries.filter(({ task }) => task !== undefined);
    return taken.sort((a, b) => (a.task as Task).id - (b.task as Task).id);
  }

  #nextFree(): InFlightEntry {
    for (;;) {
      const entry = this.#entries[this.#next] as InFlightEntry;
      this.#next = this.#next + 1 === this.#entries.length ? 0 : this.#next + 1;
      if (entry.task === undefined && !isMarkSlot(entry.slot)) return entry;
    }
  }

  #grow(by: number): void {
    const from = this.#entries.length;
    for (let slot = from; slot < from + by; slot++) this.#entries.push(new InFlightEntry(slot, this.#assignee));
  }
}
