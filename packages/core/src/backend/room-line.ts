import { type Deferred, deferred } from '../base/deferred.js';
import { type Linked, LinkedQueue } from '../base/linked-queue.js';
import { queueMicrotask, setImmediate } from '../base/natives.js';

/** A call of `room()` that waits for a place. */
interface Waiter extends Deferred<void>, Linked<Waiter> {}

/**
 * The line of waiters for a place in the queue. One waiter at a time gets a place. It is kept for the next submitted task
 * until the end of the turn, then lapses. So a waiter without a task does not hold up the others.
 *
 * A grant has two steps. At first it cannot be used, because the waiter's own code has not gone on yet. A task that comes now
 * belongs to other code. One microtask later the waiter's code is next, and from then on the next task takes the place.
 */
export class RoomLine {
  readonly #hasRoomFor: (tasks: number) => boolean;
  readonly #waiting = new LinkedQueue<Waiter>();
  /** Granted places: those whose owners have not gone on yet, and those whose owners have. */
  #fresh = 0;
  #usable = 0;
  #isLapseDue = false;
  #refused = 0;

  /** @param hasRoomFor whether the queue has room for this number of tasks more */
  constructor(hasRoomFor: (tasks: number) => boolean) {
    this.#hasRoomFor = hasRoomFor;
  }

  /** Whether a task without a grant may be submitted now. */
  get isFree(): boolean {
    return this.#waiting.size === 0 && this.#hasRoomFor(this.#fresh + this.#usable + 1);
  }

  /** Resolves when there is a place, and earlier waiters have theirs. Rejects when the pool takes nothing more. */
  wait(): Promise<void> {
    const waiter: Waiter = { ...deferred<void>(), next: undefined, previous: undefined };
    this.#waiting.push(waiter);
    this.check();
    return waiter.promise;
  }

  /** Calls that had no place and were refused. */
  get refused(): number {
    return this.#refused;
  }

  /** Takes a place for a submitted task. False when it has none, and is refused. @param mayRefuse if not, it goes on without one */
  take(mayRefuse: boolean): boolean {
    if (this.#usable > 0) this.#usable--;
    else if (mayRefuse && !this.#hasRoomFor(this.#fresh + 1)) {
      this.#refused++;
      return false;
    }
    return true;
  }

  /** Looks again whether there is room. */
  check(): void {
    if (this.#waiting.size === 0) return;
    while (this.#hasRoomFor(this.#fresh + this.#usable + 1)) {
      const waiter = this.#waiting.shift();
      if (waiter === undefined) return;
      this.#fresh++;
      // Runs before the waiter's own code, and after everything that is due already.
      queueMicrotask(() => {
        this.#fresh--;
        this.#usable++;
      });
      waiter.resolve();
      this.#lapseSoon();
    }
  }

  /** Ends the line, since the pool accepts nothing more. */
  end(error: unknown): void {
    for (let waiter = this.#waiting.shift(); waiter !== undefined; waiter = this.#waiting.shift()) waiter.reject(error);
  }

  #lapseSoon(): void {
    if (this.#isLapseDue) return;
    this.#isLapseDue = true;
    setImmediate(() => {
      this.#isLapseDue = false;
      this.#usable = 0;
      this.check();
    });
  }
}
