import type { Clock } from '../base/clock.js';
import type { ValueEncoder } from '../codec/value-codec.js';
import type { Refusal } from '../contract/errors.js';
import type { Holder, Task } from '../task/task.js';
import type { Transport } from '../transport/transport.js';
import { slotOf, TASK_SLOTS, type Claim } from '../wire/claim-board.js';
import { errorToWire } from '../wire/error-wire.js';
import { FRAME } from '../wire/frame.js';
import { InHand } from './in-hand.js';
import { Outbox } from './outbox.js';
import type { Place } from './place.js';
import { TaskWatch } from './task-watch.js';

/**
 * A task that is claimed with others and has not begun can be taken back when the one that has begun did so this long ago, ms:
 * the worker looks again at all that follow one of more than 1 ms (child/claimer.ts). Both sides read one clock.
 */
const RECALL_AFTER_MS = 2;

export interface HandParts {
  holder: Holder;
  transport: Transport;
  /** Of the pool: the one that its inputs were encoded by. */
  encoder: ValueEncoder;
  clock: Clock;
  /** Tasks running at once in it, at first. */
  concurrency: number;
  graceMs: number;
  /** Its input cannot be sent. It is out of hand already. */
  refused(task: Task, refusal: Refusal): void;
  timedOut(task: Task, ranMs: number | undefined, by: 'timeoutMs' | 'deadline'): void;
  /** An abandoned task has not ended within its grace. */
  overdue(): void;
  /** Nothing is left that has begun or may begin; called again when the last place is free. */
  emptied(): void;
  /** Reads what the worker's log holds. */
  readLog(): void;
}

/** Everything one worker was given and has not answered for: waiting to leave, on its way, ahead, or running. */
export class Hand {
  /** Whether both sides see the board. Without it nothing may be sent ahead, since it could not be taken back. */
  hasBoard = false;
  /** Execution time expected of all of it, ms. */
  expectedMs = 0;
  /** When the handler that ended last did so, host clock: where the next one of its run began. */
  lastEndedAt = -Infinity;
  readonly #parts: HandParts;
  readonly #inHand: InHand;
  readonly #outbox: Outbox;
  readonly #watch: TaskWatch;
  /** False once all were seen to have begun: a worker whose tasks wait side by side is not looked at again. */
  #mayBeUnbegun = false;
  #concurrency: number;
  #hasRunSeveral: boolean;
  /** Places of tasks that were taken back and not answered for. */
  #takenBack = 0;

  constructor(parts: HandParts) {
    this.#parts = parts;
    this.#concurrency = parts.concurrency;
    this.#hasRunSeveral = parts.concurrency > 1;
    this.#inHand = new InHand(parts.holder);
    this.#outbox = new Outbox(parts.transport, parts.encoder, parts.clock, (place, refusal) => {
      const task = place.task as Task;
      this.letGo(place);
      parts.refused(task, refusal);
    });
    this.#watch = new TaskWatch({
      clock: parts.clock,
      readLog: () => parts.readLog(),
      inHand: () => this.#inHand.all(),
      begunAt: (place) => this.begunAt(place),
      withdraw: (place) => this.#withdraw(place),
      graceMs: parts.graceMs,
      timedOut: (task, ranMs, by) => parts.timedOut(task, ranMs, by),
      overdue: () => parts.overdue(),
    });
  }

  get size(): number {
    return this.#inHand.size;
  }

  /** Whether one more task finds a place. */
  get isFull(): boolean {
    return this.#inHand.size >= TASK_SLOTS;
  }

  /** Whether nothing in it has begun or may begin. A worker that stands still never answers for what was taken back. */
  get isEmpty(): boolean {
    return this.#inHand.size === this.#takenBack;
  }

  /** Whether some of it has not left yet. */
  get hasUnsent(): boolean {
    return !this.#outbox.isEmpty;
  }

  /** Whether several tasks may have run at once in its life: then a task that began before another may run still. */
  get hasRunSeveral(): boolean {
    return this.#hasRunSeveral;
  }

  /** Sets how many tasks run at once in it from now on. Only for a ready worker. */
  tune(concurrency: number): void {
    if (concurrency === this.#concurrency) return;
    this.#concurrency = concurrency;
    this.#hasRunSeveral ||= concurrency > 1;
    this.#parts.transport.channel.send(FRAME.tune, { concurrency });
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
    if (task.timeoutMs < Infinity || task.waitUntilMs < Infinity) this.#watch.expect(task);
    return place;
  }

  send(flags: number): void {
    this.#outbox.send(flags);
  }

  /** Takes something out. */
  letGo(place: Place): void {
    this.#inHand.remove(place);
    this.expectedMs = this.#inHand.size === 0 ? 0 : this.expectedMs - place.expectedMs;
    if (place.isAbandoned) this.#watch.forget(place);
    if (place.isTakenBack) this.#takenBack--;
    if (this.isEmpty) this.#parts.emptied();
  }

  /** Whether it may have tasks that have not begun behind one that has. */
  get hasAhead(): boolean {
    return this.#mayBeUnbegun && this.#inHand.size > 1;
  }

  /**
   * Tasks that may be taken back, oldest first: they have not begun. One whose input is being decoded stays, for if that ends
   * the worker, the death is its own.
   */
  unbegun(): Task[] {
    this.#parts.readLog();
    const unbegun: Task[] = [];
    const decodingId = this.hasBoard ? (this.#parts.transport.board?.decoding() ?? 0) : 0;
    for (const place of this.#inHand.all()) {
      const task = place.task as Task;
      // What was moved there cannot be taken back.
      if (place.isAbandoned || task.isSpent || place.wireId === decodingId) continue;
      if (this.begunAt(place) === undefined) unbegun.push(task);
    }
    this.#mayBeUnbegun = unbegun.length > 0;
    return unbegun;
  }

  /** Whether a handler has been called and has not returned. */
  hasBegun(): boolean {
    this.#parts.readLog();
    return this.#inHand.all().some((place) => this.begunAt(place) !== undefined);
  }

  /**
   * Takes a task back that has not begun; the worker will not run it, even if it is stuck in synchronous code now. False
   * when it has begun, or that cannot be known.
   */
  recall(task: Task): boolean {
    const place = task.place as Place;
    if (this.#outbox.remove(place)) {
      this.letGo(place);
      return true;
    }
    // The worker may decode its input now, and end by that: the task is in no second hand meanwhile.
    if (this.#revoke(place) !== true || this.#isDecoded(place)) return false;
    this.#takeBack(place);
    return true;
  }

  /** See Worker.abandon. */
  abandon(task: Task, reason: unknown): void {
    const place = task.place as Place;
    // When its wait was over.
    if (place.isTakenBack) return;
    if (this.#outbox.remove(place)) {
      this.letGo(place);
      return;
    }
    // Even while its input is being decoded: its handler will not be called, and a kill would cost its neighbours.
    if (this.#revoke(place) === true) {
      this.#takeBack(place);
      return;
    }
    const { channel } = this.#parts.transport;
    const wire = errorToWire(reason, (value) => channel.carries(value));
    channel.send(FRAME.cancel, { id: place.wireId, reason: wire });
    place.isAbandoned = true;
    this.#watch.abandon(place);
  }

  /** The worker counts as ended: what it has not begun it will not begin, should it live on. */
  withdrawAll(): void {
    for (const { wireId } of this.#inHand.all()) this.#parts.transport.board?.revoke(wireId);
  }

  /**
   * When the handler was called, if it was. Without a board everything sent runs at once. The log must have been read before:
   * of tasks that were claimed together, only the first without a result has begun.
   */
  begunAt(place: Place): number | undefined {
    if (!this.hasBoard) return Number.isNaN(place.sentAt) ? undefined : place.sentAt;
    const claim = this.#parts.transport.board?.claimOf(place.wireId);
    if (claim === undefined) return undefined;
    if (claim.run === place.wireId || place.task?.isLasting !== true) return claim.atMs;
    return this.#isBehind(place, claim) ? undefined : Math.max(claim.atMs, this.lastEndedAt);
  }

  /** The handler of a task has returned; its result is on its way. */
  returned(wireId: number, endedAt: number): void {
    this.lastEndedAt = Math.max(this.lastEndedAt, endedAt);
    const place = this.get(wireId);
    if (place !== undefined) place.hasReturned = true;
  }

  /** The worker has ended. */
  stop(): void {
    this.#watch.stop();
  }

  /** See WatchParts.withdraw. */
  #withdraw(place: Place): boolean | undefined {
    // It has not left.
    if (Number.isNaN(place.sentAt)) return true;
    const isRevoked = this.#revoke(place);
    if (isRevoked === true) this.#takeBack(place);
    return isRevoked;
  }

  /**
   * Revokes a task that has been sent. False when its handler has been called, or may be; undefined when the worker cannot be
   * told.
   */
  #revoke(place: Place): boolean | undefined {
    const { board } = this.#parts.transport;
    if (!this.hasBoard || board?.revoke(place.wireId) !== true) return undefined;
    const claim = board.claimOf(place.wireId);
    return claim === undefined || this.#isStillAhead(place, claim);
  }

  /** Whether the worker decodes the input of this task now, or has done so last. To be asked after the revocation is written. */
  #isDecoded(place: Place): boolean {
    return this.#parts.transport.board?.decoding() === place.wireId;
  }

  /** Its place stays taken until the worker has come across it and answered. */
  #takeBack(place: Place): void {
    place.isAbandoned = true;
    place.isTakenBack = true;
    this.#takenBack++;
    if (this.isEmpty) this.#parts.emptied();
  }

  /** Whether a task of the same run that comes before this one has no result. */
  #isBehind(place: Place, claim: Claim): boolean {
    const { board } = this.#parts.transport;
    for (let slot = slotOf(claim.run); slot < place.slot; slot++) {
      const other = this.#inHand.at(slot);
      if (other?.task !== undefined && board?.claimOf(other.wireId)?.run === claim.run) return true;
    }
    return false;
  }

  /** Whether a task that is claimed and revoked has not begun, and the worker will look at its revocation before it does. */
  #isStillAhead(place: Place, claim: Claim): boolean {
    if (claim.run === place.wireId || place.task?.isLasting !== true || !this.#isBehind(place, claim)) return false;
    // First the clock: the worker reads it after it has written the result that the log does not hold yet.
    const nowMs = this.#parts.clock.now();
    // What the log holds unread may be the result of the very task that is thought to be running.
    if (this.#parts.transport.log?.peek() !== undefined) return false;
    return nowMs - Math.max(claim.atMs, this.lastEndedAt) > RECALL_AFTER_MS;
  }
}
