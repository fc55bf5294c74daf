import type { Holder, Task } from '../task/task.js';
import { isMarkSlot, nextId, slotOf, SLOTS, TASK_SLOTS } from '../wire/claim-board.js';
import { Place } from './place.js';

const FIRST_PLACES = 16;

/**
 * The tasks one worker has in hand, by wire id. Places are given in a ring, so that tasks assigned one after another
 * mostly have neighbouring slots: a worker claims such a run with one write (see child/task-loop.ts). The ring grows
 * when it is half full, so that the search for the next free place passes few that are taken.
 */
export class InHand {
  readonly #holder: Holder;
  readonly #places: Place[] = [];
  #next = 0;
  #size = 0;

  constructor(holder: Holder) {
    this.#holder = holder;
    this.#grow(FIRST_PLACES);
  }

  get size(): number {
    return this.#size;
  }

  /** Gives a task a place and a wire id. Dispatch keeps within TASK_SLOTS tasks. */
  add(task: Task): Place {
    const count = this.#places.length;
    if (this.#size === TASK_SLOTS) throw new RangeError(`A worker holds at most ${TASK_SLOTS} tasks.`);
    if (this.#size * 2 >= count && count < SLOTS) {
      this.#next = count;
      this.#grow(count);
    }
    const place = this.#nextFree();
    place.wireId = nextId(place.slot, place.wireId);
    place.task = task;
    place.isAbandoned = false;
    place.isTakenBack = false;
    place.hasReturned = false;
    place.assignedAt = NaN;
    place.sentAt = NaN;
    place.isWarm = undefined;
    this.#size++;
    return place;
  }

  /** The place with this id; undefined when its result came already or the id is not from here. */
  get(wireId: number): Place | undefined {
    const place = this.#places[slotOf(wireId)];
    return place?.wireId === wireId && place.task !== undefined ? place : undefined;
  }

  /** The place in this slot, which may be free. */
  at(slot: number): Place | undefined {
    return this.#places[slot];
  }

  remove(place: Place): void {
    if (place.task === undefined) return;
    place.task = undefined;
    this.#size--;
  }

  /** All places that are taken, oldest task first. */
  all(): Place[] {
    const taken = this.#places.filter(({ task }) => task !== undefined);
    return taken.sort((a, b) => (a.task as Task).id - (b.task as Task).id);
  }

  #nextFree(): Place {
    for (;;) {
      const place = this.#places[this.#next] as Place;
      this.#next = this.#next + 1 === this.#places.length ? 0 : this.#next + 1;
      if (place.task === undefined && !isMarkSlot(place.slot)) return place;
    }
  }

  #grow(by: number): void {
    const from = this.#places.length;
    for (let slot = from; slot < from + by; slot++) this.#places.push(new Place(slot, this.#holder));
  }
}
