import type { Clock } from '../base/clock.js';
import type { ValueEncoder } from '../codec/value-codec.js';
import { MOST_ITEMS } from '../contract/batch-shape.js';
import type { Refusal } from '../contract/errors.js';
import type { BatchCall } from '../task/batch-call.js';
import type { Assignee, Task } from '../task/task.js';
import type { Transport } from '../transport/transport.js';
import { TASK_SLOTS } from '../wire/claim-board.js';
import { errorToWire } from '../wire/error-wire.js';
import { FRAME } from '../wire/frame.js';
import { ClaimReader } from './claim-reader.js';
import type { InFlightEntry } from './in-flight-entry.js';
import { InFlightTable } from './in-flight-table.js';
import { SendBuffer } from './send-buffer.js';
import { TaskWatch } from './task-watch.js';

export interface InFlightParts {
  assignee: Assignee;
  transport: Transport;
  encoder: ValueEncoder;
  clock: Clock;
  /** Tasks running at once in it, at first. */
  concurrency: number;
  graceMs: number;
  /** Reports a task whose input cannot be sent. It is not in flight any more. */
  refused(task: Task, refusal: Refusal): void;
  timedOut(task: Task, ranMs: number | undefined, by: 'timeoutMs' | 'deadline'): void;
  /** Reports a task that has run for its `slowMs`; once per task and further run of it. */
  slow(task: Task, ranMs: number): void;
  /** Reports that an abandoned task has not ended within its grace. */
  overdue(): void;
  /** Reports that nothing has begun or may begin; called again when the last entry is free. */
  emptied(): void;
  /** Reads the contents of the worker's log. */
  readLog(isEverything: boolean): boolean;
}

/** All tasks that one worker was assigned and has not answered for: buffered, on their way, prefetched, or running. */
export class InFlightTasks {
  /** Whether some handlers take batches. Then there must be entries for a whole batch. */
  takesBatches = false;
  /** Expected execution time of all of it, ms. */
  expectedMs = 0;
  readonly claims: ClaimReader;
  readonly #parts: InFlightParts;
  readonly #table: InFlightTable;
  readonly #sendBuffer: SendBuffer;
  readonly #watch: TaskWatch;
  /** False once all were seen to have begun. So a worker whose tasks wait side by side is not looked at again. */
  #mayBeUnbegun = false;
  #concurrency: number;
  #widest: number;
  /** Number of entries whose tasks were revoked and not answered for. */
  #revoked = 0;
  /** Number of entries beyond the first of each call. */
  #further = 0;

  constructor(parts: InFlightParts) {
    this.#parts = parts;
    this.#concurrency = parts.concurrency;
    this.#widest = parts.concurrency;
    this.#table = new InFlightTable(parts.assignee);
    this.claims = new ClaimReader(parts.clock, parts.transport, this.#table);
    this.#sendBuffer = new SendBuffer(parts.transport, parts.encoder, parts.clock, (entry, refusal) => {
      const task = entry.task as Task;
      this.release(entry);
      parts.refused(task, refusal);
    });
    this.#watch = new TaskWatch({
      ...parts,
      inFlight: () => this.#table.all(),
      begunAt: (entry) => this.begunAt(entry),
      withdraw: (entry) => this.#withdraw(entry),
    });
  }

  get size(): number {
    return this.#table.size;
  }

  /** Whether both sides see the board. Without it nothing may be prefetched, since it could not be recalled. */
  get hasBoard(): boolean {
    return this.claims.hasBoard;
  }

  /** Number of calls: a batch is one, and any other task is one. */
  get calls(): number {
    return this.#table.size - this.#further;
  }

  /** Whether there is no entry for one more task, or none for one more batch. */
  get isFull(): boolean {
    return this.#table.size >= (this.takesBatches ? TASK_SLOTS - MOST_ITEMS : TASK_SLOTS);
  }

  /** Whether nothing in it has begun or may begin. A worker at a standstill never answers for revoked tasks. */
  get isEmpty(): boolean {
    return this.#table.size === this.#revoked;
  }

  /** Path of the section that its handlers opened last, while that is open; empty for none. */
  get section(): string {
    return this.#parts.transport.board?.section() ?? '';
  }

  /** Whether some of it has not left yet. */
  get hasUnsent(): boolean {
    return !this.#sendBuffer.isEmpty;
  }

  /** Most tasks that may have run at once in its life. Above 1, a task that began before another may still run. */
  get widest(): number {
    return this.#widest;
  }

  /** Sets the number of tasks that run at once in it from now on. Only for a ready worker. */
  tune(concurrency: number): void {
    if (concurrency === this.#concurrency) return;
    this.#concurrency = concurrency;
    this.#widest = Math.max(this.#widest, concurrency);
    this.#parts.transport.channel.send(FRAME.tune, { concurrency });
  }

  /** All of it, oldest first. */
  all(): InFlightEntry[] {
    return this.#table.all();
  }

  /** The entry with this wire id; undefined when its result has come already, or for an unknown id. */
  get(wireId: number): InFlightEntry | undefined {
    return this.#table.get(wireId);
  }

  /** Puts a task in flight; it leaves with the next `send`. @param handler its index in the worker's list @param call its batch */
  add(task: Task, handler: number, call?: BatchCall): InFlightEntry {
    const entry = this.#table.add(task);
    entry.handler = handler;
    entry.expectedMs = call === undefined || call.next === 0 ? task.type.typicalMs : 0;
    if (call !== undefined) {
      entry.call = call;
      entry.row = call.join();
      if (entry.row > 0) this.#further++;
    }
    this.expectedMs += entry.expectedMs;
    this.#sendBuffer.add(entry);
    this.#mayBeUnbegun = true;
    if (task.isTimed) this.#watch.expect(task);
    return entry;
  }

  send(flags: number): void {
    this.#sendBuffer.send(flags);
  }

  /** Frees an entry. @param hasBegun whether its handler was called */
  release(entry: InFlightEntry, hasBegun = false): void {
    if (entry.grant !== undefined) entry.endGrant(hasBegun, this.#parts.clock.now());
    this.#table.remove(entry);
    this.expectedMs = this.#table.size === 0 ? 0 : this.expectedMs - entry.expectedMs;
    if (entry.isAbandoned) this.#watch.forget(entry);
    if (entry.isRevoked) this.#revoked--;
    if (entry.call !== undefined) this.#leaveCall(entry, entry.call);
    if (this.isEmpty) this.#parts.emptied();
  }

  /** Whether it may have tasks that have not begun behind one that has. */
  get hasPrefetched(): boolean {
    return this.#mayBeUnbegun && this.calls > 1;
  }

  /**
   * Tasks that may be recalled, oldest first: they have not begun. A task whose input is being decoded stays, because it is
   * to blame if that ends the worker.
   */
  unbegun(): Task[] {
    this.#parts.readLog(false);
    const unbegun: Task[] = [];
    const decodingId = this.hasBoard ? (this.#parts.transport.board?.decoding() ?? 0) : 0;
    for (const entry of this.#table.all()) {
      const task = entry.task as Task;
      // Moved inputs cannot be recalled.
      if (entry.isAbandoned || task.isSpent || entry.wireId === decodingId) continue;
      if (this.begunAt(entry) === undefined) unbegun.push(task);
    }
    this.#mayBeUnbegun = unbegun.length > 0;
    return unbegun;
  }

  /** Whether a handler has been called and has not returned. */
  hasBegun(): boolean {
    this.#parts.readLog(false);
    return this.#table.all().some((entry) => this.begunAt(entry) !== undefined);
  }

  /**
   * Recalls a task that has not begun. The worker will not run it, even if it is stuck in synchronous code now. False when
   * the task has begun, or when that is unknown.
   */
  recall(task: Task): boolean {
    const entry = task.assignment as InFlightEntry;
    if (this.#sendBuffer.remove(entry)) {
      this.release(entry);
      return true;
    }
    // The worker may decode its input now, and die of that. The task must not be in a second worker meanwhile. The board says so
    // only after the revocation.
    if (this.#revoke(entry) !== true || this.#parts.transport.board?.decoding() === entry.wireId) return false;
    this.#noteRevoked(entry);
    return true;
  }

  /** See Worker.abandon. */
  abandon(task: Task, reason: unknown): void {
    const entry = task.assignment as InFlightEntry;
    // Already revoked when its wait was over.
    if (entry.isRevoked) return;
    if (this.#sendBuffer.remove(entry)) {
      this.release(entry);
      return;
    }
    // Applies even while its input is decoded: its handler will not be called, and a kill would cost its neighbours.
    if (this.#revoke(entry) === true) {
      this.#noteRevoked(entry);
      return;
    }
    const { call } = entry;
    this.#noteAbandoned(entry);
    // While others of its call are wanted, a kill would take them with it.
    if (call === undefined || call.wanted === 0) this.#watch.abandon(entry);
    // Last: the reason is the user's, and its getters may cancel other tasks or destroy the pool.
    const { channel } = this.#parts.transport;
    channel.send(FRAME.cancel, { id: entry.wireId, reason: errorToWire(reason, channel.clones) });
  }

  /** Withdraws everything, since the worker counts as ended. Should it live on, it will not begin these tasks. */
  withdrawAll(): void {
    for (const { wireId } of this.#table.all()) this.#parts.transport.board?.revoke(wireId);
  }

  /** See ClaimReader.begunAt. */
  begunAt(entry: InFlightEntry): number | undefined {
    return this.claims.begunAt(entry);
  }

  /** Notes that the handler of a task has returned; its result is on its way. */
  returned(wireId: number, endedAt: number): void {
    this.claims.noteEnded(endedAt);
    const entry = this.get(wireId);
    if (entry !== undefined) entry.hasReturned = true;
  }

  /** Stops watching, since the worker has ended. @param unbegun entries whose handlers were not called */
  stop(unbegun: readonly InFlightEntry[]): void {
    this.#watch.stop();
    for (const entry of this.#table.all()) entry.endGrant(!unbegun.includes(entry), this.#parts.clock.now());
  }

  /** See WatchParts.withdraw. */
  #withdraw(entry: InFlightEntry): boolean | undefined {
    // The task has not left.
    if (Number.isNaN(entry.sentAt)) return true;
    const isRevoked = this.#revoke(entry);
    if (isRevoked === true) this.#noteRevoked(entry);
    return isRevoked;
  }

  /**
   * Revokes a task that has been sent. False when its handler has been called, or may be. Undefined when the worker cannot be
   * reached.
   */
  #revoke(entry: InFlightEntry): boolean | undefined {
    const { board } = this.#parts.transport;
    if (!this.hasBoard || board?.revoke(entry.wireId) !== true) return undefined;
    const claim = board.claimOf(entry.wireId);
    return claim === undefined || this.claims.isStillPrefetched(entry, claim);
  }

  /** Keeps the entry taken until the worker has come across it and answered. */
  #noteRevoked(entry: InFlightEntry): void {
    entry.endGrant(false, 0);
    this.#noteAbandoned(entry);
    entry.isRevoked = true;
    this.#revoked++;
    if (this.isEmpty) this.#parts.emptied();
  }

  #noteAbandoned(entry: InFlightEntry): void {
    entry.isAbandoned = true;
    if (entry.call !== undefined) entry.call.wanted--;
  }

  /** Notes the answer for a row of a batch. Once none is wanted, those left have their time to end. */
  #leaveCall(entry: InFlightEntry, call: BatchCall): void {
    if (call.leave(!entry.isAbandoned)) this.#further--;
    if (call.wanted > 0 || call.left === 0) return;
    const rest = this.#table.all().find((other) => other.call === call && !other.isRevoked);
    if (rest !== undefined) this.#watch.abandon(rest);
  }
}
