import { LinkedQueue } from '../base/linked-queue.js';
import { PoolError } from '../contract/errors.js';
import type { BatchReason } from '../contract/trace.js';
import type { BatchTicket, Ticket } from '../limits/task-limits.js';
import type { CalledBatch } from './batch-call.js';
import { Task } from './task.js';

/**
 * The life of a batch in the pool. `gathering`: it waits for more items, in no queue. `due`: it is in the queue, and takes items
 * until a worker is free. `closed`: in the queue, and takes no more. `gone`: its items are in a worker, or there are none left.
 */
export type BatchState = 'gathering' | 'due' | 'closed' | 'gone';

const NEXT: Readonly<Record<BatchState, readonly BatchState[]>> = {
  gathering: ['due', 'closed', 'gone'],
  due: ['closed', 'gone'],
  closed: ['gone'],
  gone: [],
};

const nothing = (): void => {};

/** What one input adds to a batch: that of its first member with the key. */
interface KeyedInput {
  members: number;
  readonly bytes: number;
  readonly ticket: Ticket | undefined;
}

/**
 * Tasks of one name that go to one worker together. The queue holds it in their place, so every rule of dispatch sees one task. The
 * registry knows its members alone.
 */
export class BatchTask extends Task implements CalledBatch {
  /** Bytes of their inputs. */
  bytes = 0;
  /** The rule by which it leaves. */
  why: BatchReason | undefined;
  sibling: BatchTask | undefined;
  /** Time when it became due, host clock; NaN before. */
  readyAt = NaN;
  readonly #members = new LinkedQueue<Task>();
  /** Inputs of members with a key. Undefined before the first one. */
  #keys: Map<string, KeyedInput> | undefined;
  #inputs = 0;
  /** Members whose inputs are moved. */
  #moved = 0;
  #state: BatchState = 'gathering';

  /** @param first gives its name, priority, key and limits */
  constructor(first: Task) {
    const { settings, key, ticket } = first.extras;
    // Its members have the same keys of limits. Its wait for limits is its own.
    const own = ticket && first.type.limits?.batchTicket(ticket);
    super(first.id, first.type, { settings, key, ticket: own }, first.dueAt, nothing, nothing);
  }

  override get members(): LinkedQueue<Task> {
    return this.#members;
  }

  /** Number of inputs that the handler gets. */
  get inputs(): number {
    return this.#inputs;
  }

  get stage(): BatchState {
    return this.#state;
  }

  /** Whether it takes items. */
  get isOpen(): boolean {
    return this.#state === 'gathering' || this.#state === 'due';
  }

  get isQueued(): boolean {
    return this.#state === 'due' || this.#state === 'closed';
  }

  /** It is not prefetched while it takes items, nor with an input that is moved. */
  override get isOneShot(): boolean {
    return this.isOpen || this.#moved > 0;
  }

  /** Its inputs are no part of it. */
  override get totalBytes(): number {
    return this.bytes;
  }

  /** Moves on. Only the gathering calls this. */
  move(to: BatchState, nowMs: number): void {
    if (!NEXT[this.#state].includes(to)) {
      throw new PoolError('ERR_STATE', { what: `batch of "${this.name}"`, from: this.#state, to });
    }
    if (this.#state === 'gathering') this.readyAt = nowMs;
    this.#state = to;
  }

  /**
   * Adds a member.
   * @param isFirst whether it goes before the others: it comes back from a worker
   * @returns what it adds to the costs of the batch, if its name has limits and it brings an input
   */
  add(task: Task, isFirst: boolean): Ticket | undefined {
    if (isFirst) this.#members.unshift(task);
    else this.#members.push(task);
    if (task.isOneShot) this.#moved++;
    const key = task.extras.batch?.key;
    const bytes = task.totalBytes;
    if (key !== undefined) {
      const known = this.#keys?.get(key);
      if (known !== undefined) {
        known.members++;
        return undefined;
      }
      const { ticket } = task.extras;
      (this.#keys ??= new Map<string, KeyedInput>()).set(key, { members: 1, bytes, ticket });
    }
    return this.#change(bytes, task.extras.ticket, 1);
  }

  /** Whether a member has the same key as this task. */
  hasKeyOf(task: Task): boolean {
    const key = task.extras.batch?.key;
    return key !== undefined && this.#keys?.has(key) === true;
  }

  /** Inputs of the members as the functions of the pool see them, one for each key. */
  distinctInputs(): unknown[] {
    const keys = new Set<string>();
    const inputs: unknown[] = [];
    for (const { extras } of this.#members) {
      const { key, input } = extras.batch ?? {};
      if (key !== undefined && keys.has(key)) continue;
      if (key !== undefined) keys.add(key);
      inputs.push(input);
    }
    return inputs;
  }

  /** Whether limits of its name allow one more member like this. */
  mayCost(task: Task): boolean {
    const { limits } = this.type;
    const { ticket } = this.extras;
    if (limits === undefined || ticket === undefined || this.hasKeyOf(task)) return true;
    return limits.mayJoin(ticket, task.extras.ticket as Ticket);
  }

  /** Removes a member. @returns what that takes off the costs of the batch, as for `add` */
  remove(task: Task): Ticket | undefined {
    this.#members.remove(task);
    if (task.isOneShot) this.#moved--;
    const key = task.extras.batch?.key;
    const known = key === undefined ? undefined : this.#keys?.get(key);
    if (known === undefined || key === undefined) return this.#change(task.totalBytes, task.extras.ticket, -1);
    if (--known.members > 0) return undefined;
    this.#keys?.delete(key);
    return this.#change(known.bytes, known.ticket, -1);
  }

  #change(bytes: number, ticket: Ticket | undefined, by: 1 | -1): Ticket | undefined {
    this.#inputs += by;
    this.bytes += by * bytes;
    if (ticket !== undefined) this.type.limits?.addItem(this.extras.ticket as BatchTicket, ticket, by);
    return ticket;
  }
}
