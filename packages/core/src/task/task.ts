import type { TransferItem } from '../contract/transfer-item.js';
import type { Timer } from '../base/clock.js';
import type { Linked } from '../base/linked-queue.js';
import type { CallTerms } from '../contract/call-terms.js';
import type { TaskSettings } from '../contract/resolve-options.js';
import type { TaskState } from './task-state.js';
import type { TaskType } from './task-type.js';

/** What a caller asks of one task, and what its backend adds. */
export interface TaskExtras extends CallTerms {
  /** Where it is not that of its type: no worker has a handler of this name. */
  name?: string | undefined;
  /** A broadcast task belongs to one worker and to no other. */
  pinned?: boolean | undefined;
  /** Called with the execution time of the try that completed, ms, before the promise settles. */
  onRan?: ((ms: number) => void) | undefined;
}

/** The worker that has a task in flight, as far as the task's owner needs it. */
export interface Assignee {
  readonly id: number;
  abandon(task: Task, reason: unknown): void;
  /** When the handler of a task in its hand was called, host clock; undefined when it was not yet. */
  begunAt(task: Task): number | undefined;
}

/** What is known of a try that is in a worker's hand. */
export interface Assignment {
  readonly assignee: Assignee;
  readonly wireId: number;
  /** Host clock; NaN until then. */
  readonly assignedAt: number;
  readonly sentAt: number;
  /** Whether the worker knew the task's key; undefined for a task without one. */
  isWarm: boolean | undefined;
}

/** What few tasks have: more than one try, or a worker that died under them. */
export interface TaskHistory {
  /** Starts of its handler, the next one included. */
  attempt: number;
  /** Tries that its `retry` has paid for. */
  retries: number;
  /** When this try became due, host clock; undefined while it is the first. */
  dueAt: number | undefined;
  /** Workers that died while it was running. */
  crashes: number;
  /** Workers that died while they decoded its input. */
  decodeDeaths: number;
  /** It was running when several tasks' worker died; now it must show by itself whether it is to blame. */
  mustRunAlone: boolean;
  /** Its input was moved to a worker: it cannot be sent again. */
  isSpent: boolean;
}

/** What of an input is no bytes of its chunk. */
export interface InputAside {
  /** Its large views. */
  readonly views?: readonly Uint8Array[] | undefined;
  /** A copy of an input that only a port can carry, and what of it is to be moved. */
  readonly clone?: { readonly value: unknown } | undefined;
  readonly transfer?: readonly TransferItem[] | undefined;
}

const NO_EXTRAS: TaskExtras = {};

/**
 * One submitted call, from acceptance until it settles. It stands in the queue by its own links. Its `state` is moved
 * by the TaskRegistry only.
 *
 * A million may wait, so it has no field that a waiting task does not need: what belongs to a try is in the worker's
 * Place, what few tasks have is in `extras` and `history`. A number with a fraction costs a field and 16 bytes more.
 */
export class Task implements Linked<Task> {
  next: Task | undefined;
  previous: Task | undefined;
  state: TaskState = 'queued';
  readonly id: number;
  readonly type: TaskType;
  /** Its input as it was at the call: bytes in a chunk that it may share with others, and what few inputs have besides. */
  chunk: Buffer | undefined;
  inputAt = 0;
  inputBytes = 0;
  aside: InputAside | undefined;
  readonly extras: TaskExtras;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Host clock. */
  readonly submittedAt: number;
  /**
   * What its state owns: the timer that ends its wait (queued, retrying), or its place in a worker's hand (running). Written
   * by the TaskRegistry only, together with `state`. A field, because an object for each state would cost 40 bytes a task.
   */
  owned: Timer | Assignment | undefined;
  #history: TaskHistory | undefined;

  constructor(
    id: number,
    type: TaskType,
    extras: TaskExtras | undefined,
    nowMs: number,
    resolve: (value: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    this.id = id;
    this.type = type;
    this.extras = extras ?? NO_EXTRAS;
    this.submittedAt = nowMs;
    this.resolve = resolve;
    this.reject = reject;
  }

  /** Its place in a worker's hand, while it is running. */
  get assignment(): Assignment | undefined {
    return this.state === 'running' ? (this.owned as Assignment) : undefined;
  }
  get name(): string {
    return this.extras.name ?? this.type.name;
  }
  get settings(): TaskSettings {
    return this.extras.settings ?? this.type.settings;
  }
  /** Longest execution, ms; Infinity for none. */
  get timeoutMs(): number {
    return this.settings.timeoutMs;
  }
  /** Latest end, host clock; Infinity for none. */
  get deadlineMs(): number {
    return this.extras.deadline?.hostMs ?? Infinity;
  }
  /** What the handler sees as ctx.deadline. */
  get deadlineEpochMs(): number | undefined {
    return this.extras.deadline?.epochMs;
  }
  get wantsProgress(): boolean {
    return this.extras.onProgress !== undefined;
  }
  get key(): string | undefined {
    return this.extras.key;
  }
  /** Higher goes first. */
  get priority(): number {
    return this.settings.priority;
  }
  get isPinned(): boolean {
    return this.extras.pinned === true;
  }
  /** Its input can be sent once only, because part of it is moved: it must not be sent where it may have to be taken back. */
  get isOneShot(): boolean {
    return this.extras.transfer !== undefined;
  }
  /** It is one-shot and was sent: no other try is possible. */
  get isSpent(): boolean {
    return this.#history?.isSpent ?? false;
  }
  /** Another worker could have it. */
  get canMove(): boolean {
    return !this.isPinned && !this.isSpent;
  }
  /** Its handler may be called once more after a death of its worker, be it for `idempotent` or for its `retry`. */
  get mayRunTwice(): boolean {
    return this.isIdempotent || this.retries < this.settings.retry.attempts;
  }
  /** 1 for the first start of its handler. */
  get attempt(): number {
    return this.#history?.attempt ?? 1;
  }
  /** Tries that its `retry` has paid for. */
  get retries(): number {
    return this.#history?.retries ?? 0;
  }
  /** It may run twice, and its result may be lost with its worker: then it runs again. */
  get isIdempotent(): boolean {
    return this.settings.idempotent;
  }
  /**
   * Its start and its result are written where they outlive the worker. An idempotent task goes without, unless it has a time
   * limit, which must know when it began.
   */
  get isLasting(): boolean {
    const { idempotent, timeoutMs } = this.settings;
    return !idempotent || timeoutMs < Infinity || this.extras.deadline !== undefined;
  }
  /** Bytes of its input, large views included. */
  get totalBytes(): number {
    let bytes = this.inputBytes;
    if (this.aside?.views !== undefined) for (const view of this.aside.views) bytes += view.length;
    return bytes;
  }
  /** When its wait has to end, host clock; Infinity for never. */
  get waitUntilMs(): number {
    return Math.min(this.dueAt + this.settings.queueTimeoutMs, this.deadlineMs);
  }
  /** When this try became due, host clock. */
  get dueAt(): number {
    return this.#history?.dueAt ?? this.submittedAt;
  }
  get mustRunAlone(): boolean {
    return this.#history?.mustRunAlone ?? false;
  }
  /** Its history, to be written to. */
  get history(): TaskHistory {
    return (this.#history ??= {
      attempt: 1,
      retries: 0,
      dueAt: undefined,
      crashes: 0,
      decodeDeaths: 0,
      mustRunAlone: false,
      isSpent: false,
    });
  }
}
