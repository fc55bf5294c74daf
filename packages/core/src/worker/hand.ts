import type { Clock } from '../base/clock.js';
import type { Refusal } from '../contract/errors.js';
import type { Holder, Task } from '../task/task.js';
import type { Transport } from '../transport/transport.js';
import { errorToWire } from '../wire/error-wire.js';
import { FRAME, type CancelMessage } from '../wire/frame.js';
import { InHand } from './in-hand.js';
import { Outbox } from './outbox.js';
import type { Place } from './place.js';
import { TaskWatch } from './task-watch.js';

export interface HandParts {
  holder: Holder;
  transport: Transport;
  clock: Clock;
  graceMs: number;
  /** Its input cannot be sent. It is out of hand already. */
  refused(task: Task, refusal: Refusal): void;
  timedOut(task: Task, ranMs: number | undefined, by: 'timeoutMs' | 'deadline'): void;
  /** A task nobody wants any more has not ended within its grace. */
  overdue(): void;
  /** The last task is out of hand. */
  emptied(): void;
}

/** Everything one worker was given and has not answered for: waiting to leave, on its way, ahead, or running. */
export class Hand {
  /** Whether both sides see the claim board. Without it nothing may be sent ahead, since it could not be taken back. */
  hasBoard = false;
  /** Execution time expected of all of it, ms. */
  expectedMs = 0;
  readonly #parts: HandParts;
  readonly #inHand: InHand;
  readonly #outbox: Outbox;
  readonly #watch: TaskWatch;
  /** False once all were seen to have begun: a worker whose tasks wait side by side is not looked at again. */
  #mayBeUnbegun = false;

  constructor(parts: HandParts) {
    this.#parts = parts;
    this.#inHand = new InHand(parts.holder);
    this.#outbox = new Outbox(parts.transport.channel, parts.clock, (place, refusal) => {
      const task = place.task as Task;
      this.letGo(place);
      parts.refused(task, refusal);
    });
    this.#watch = new TaskWatch({
      clock: parts.clock,
      inHand: () => this.#inHand.all(),
      startedAt: (place) => this.startedAt(place),
      graceMs: parts.graceMs,
      timedOut: (task, ranMs, by) => parts.timedOut(task, ranMs, by),
      overdue: () => parts.overdue(),
    });
  }

  get size(): number {
    return this.#inHand.size;
  }

  /** Whether some of it has not left yet. */
  get hasUnsent(): boolean {
    return !this.#outbox.isEmpty;
  }

  /** All of it, oldest first. */
  all(): Place[] {
    return this.#inHand.all();
  }

  /** The place with this wire id; undefined when its result came already or the id is not from here. */
  get(wireId: number): Place | undefined {
    return this.#inHand.get(wireId);
  }

  /** Takes a task in; it leaves with the next `send`. @param handler its index in the worker's own list */
  add(task: Task, handler: number): Place {
    const place = this.#inHand.add(task);
    place.handler = handler;
    place.expectedMs = task.type.typicalMs;
    this.expectedMs += place.expectedMs;
    this.#outbox.add(place);
    this.#mayBeUnbegun = true;
    if (task.timeoutMs < Infinity || task.deadlineMs < Infinity) this.#watch.expect(task);
    return place;
  }

  send(isCalm: boolean): void {
    this.#outbox.send(isCalm);
  }

  /** Its input could not be read together with others: sends it again by itself. False when that has been done. */
  sendAlone(place: Place): boolean {
    if (place.isAlone) return false;
    place.isAlone = true;
    this.#outbox.sendAlone(place);
    return true;
  }

  /** Takes something out. */
  letGo(place: Place): void {
    this.#inHand.remove(place);
    this.expectedMs = this.#inHand.size === 0 ? 0 : this.expectedMs - place.expectedMs;
    if (place.isAbandoned) this.#watch.forget(place);
    if (this.#inHand.size === 0) this.#parts.emptied();
  }

  /** Whether it may have tasks that have not begun behind one that has. */
  get hasAhead(): boolean {
    return this.#mayBeUnbegun && this.#inHand.size > 1;
  }

  /** Tasks that have not begun, oldest first. */
  ahead(): Task[] {
    if (!this.hasAhead) return [];
    const unbegun: Task[] = [];
    for (const place of this.#inHand.all()) {
      const task = place.task as Task;
      // What was moved there cannot be taken back.
      if (!place.isAbandoned && !task.isSpent && this.startedAt(place) === undefined) unbegun.push(task);
    }
    this.#mayBeUnbegun = unbegun.length > 0;
    return unbegun;
  }

  /** See Worker.recall. */
  recall(task: Task): boolean {
    const place = task.place as Place;
    if (this.#outbox.remove(place)) {
      this.letGo(place);
      return true;
    }
    if (!this.hasBoard || !this.#parts.transport.board.revoke(place.wireId)) return false;
    // Its place stays taken until the worker has come across it and answered.
    place.isAbandoned = true;
    return true;
  }

  /** See Worker.abandon. */
  abandon(task: Task, reason: unknown): void {
    if (this.recall(task)) return;
    const place = task.place as Place;
    const { channel } = this.#parts.transport;
    const wire = errorToWire(reason, (value) => channel.carries(value));
    channel.send(FRAME.cancel, { id: place.wireId, reason: wire } satisfies CancelMessage);
    place.isAbandoned = true;
    this.#watch.abandon(place);
  }

  /** When the handler was called, if it was. Without a board everything sent runs at once. */
  startedAt(place: Place): number | undefined {
    if (this.hasBoard) return this.#parts.transport.board.startedAt(place.wireId);
    return Number.isNaN(place.sentAt) ? undefined : place.sentAt;
  }

  /** The worker has ended. */
  stop(): void {
    this.#watch.stop();
  }
}
