import { LinkedQueue } from '../base/linked-queue.js';
import { PoolError } from '../contract/errors.js';
import type { BatchReason } from '../contract/trace.js';
import { Task } from './task.js';

/**
 * The life of a batch in the pool. `gathering`: it waits for more items, in no queue. `due`: it is in the queue, and takes items until
 * a worker is free. `closed`: in the queue, and takes no more. `gone`: its items are in a worker, or there are none left.
 */
export type BatchState = 'gathering' | 'due' | 'closed' | 'gone';

const NEXT: Readonly<Record<BatchState, readonly BatchState[]>> = {
  gathering: ['due', 'closed', 'gone'],
  due: ['closed', 'gone'],
  closed: ['gone'],
  gone: [],
};

const nothing = (): void => {};

/**
 * Tasks of one name that go to one worker together. The queue holds it in their place, so every rule of dispatch sees one task. The
 * registry knows its members alone.
 */
export class BatchTask extends Task {
  /** Bytes of their inputs. */
  bytes = 0;
  /** The rule by which it leaves. */
  why: BatchReason | undefined;
  readonly #members = new LinkedQueue<Task>();
  /** Members by their key. Undefined before the first one with a key. */
  #keys: Map<string, number> | undefined;
  #inputs = 0;
  /** Members whose inputs are moved. */
  #moved = 0;
  #state: BatchState = 'gathering';

  /** @param first gives its name, priority, key and limits */
  constructor(first: Task) {
    const { settings, key, ticket } = first.extras;
    // Limits look at the batch as at its first task. It takes one token, and its wait is its own.
    const own = ticket === undefined ? undefined : { ...ticket, limitWaitMs: 0 };
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

  /** It is not prefetched while it takes items, nor with an input that is moved. */
  override get isOneShot(): boolean {
    return this.isOpen || this.#moved > 0;
  }

  /** Its inputs are no part of it. */
  override get totalBytes(): number {
    return this.bytes;
  }

  /** Moves on. Only the gathering calls this. */
  move(to: BatchState): void {
    if (!NEXT[this.#state].includes(to)) {
      throw new PoolError('ERR_STATE', { what: `batch of "${this.name}"`, from: this.#state, to });
    }
    this.#state = to;
  }

  /** Adds a member. @param isFirst whether it goes before the others: it comes back from a worker */
  add(task: Task, isFirst: boolean): void {
    if (isFirst) this.#members.unshift(task);
    else this.#members.push(task);
    if (task.isOneShot) this.#moved++;
    const key = task.extras.batch?.key;
    const same = key === undefined ? 0 : (this.#keys?.get(key) ?? 0);
    if (key !== undefined) (this.#keys ??= new Map<string, number>()).set(key, same + 1);
    if (same > 0) return;
    this.#inputs++;
    this.bytes += task.totalBytes;
  }

  /** Whether a member has the same key as this task. */
  hasKeyOf(task: Task): boolean {
    const key = task.extras.batch?.key;
    return key !== undefined && this.#keys?.has(key) === true;
  }

  /** Removes a member. */
  remove(task: Task): void {
    this.#members.remove(task);
    if (task.isOneShot) this.#moved--;
    const key = task.extras.batch?.key;
    const same = key === undefined ? 1 : (this.#keys?.get(key) ?? 1);
    if (key !== undefined && same > 1) {
      this.#keys?.set(key, same - 1);
      return;
    }
    if (key !== undefined) this.#keys?.delete(key);
    this.#inputs--;
    this.bytes -= task.totalBytes;
  }
}
