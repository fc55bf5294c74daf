import type { Timer } from '../base/clock.js';
import type { Linked } from '../base/linked-queue.js';
import type { TaskSettings } from '../contract/resolved-options.js';
import type { TaskGrant } from '../limits/task-grant.js';
import type { BatchCall } from './batch-call.js';
import type { TaskFlows } from './task-flows.js';
import type { TaskHistory, Twins } from './task-history.js';
import type { TaskState } from './task-state.js';
import type { InputAside, TaskExtras, TryPolicies } from './task-terms.js';
import type { TaskType } from './task-type.js';

/** The worker that has a task in flight, as far as the task's owner needs it. */
export interface Assignee {
  readonly id: number;
  abandon(task: Task, reason: unknown): void;
  /** Time when the handler of a task in flight was called, host clock; undefined when it was not yet. */
  begunAt(task: Task): number | undefined;
}

/** Data of a try in a worker. */
export interface Assignment {
  readonly assignee: Assignee;
  readonly wireId: number;
  /** Host clock; NaN until then. */
  readonly assignedAt: number;
  readonly sentAt: number;
  /** The call of several rows that it belongs to. */
  readonly call: BatchCall | undefined;
  /** Its position in that call. */
  readonly row: number;
  /** What the try has taken of the limits of its name, if it has any. */
  grant: TaskGrant | undefined;
  /** Undefined for most tasks. Its task lets go of it when it leaves this place. */
  policies: TryPolicies | undefined;
}

const NO_EXTRAS: TaskExtras = {};

/**
 * One submitted call, from acceptance until it settles. Its own links put it in the queue. Only the TaskRegistry moves its `state`.
 *
 * A million may wait, so it has no field that a waiting task does not need. The data of a try is in the worker's entry. Data that
 * few tasks have is in `extras` and `history`. A number with a fraction costs a field and 16 bytes more.
 */
export class Task implements Linked<Task> {
  next: Task | undefined;
  previous: Task | undefined;
  state: TaskState = 'queued';
  readonly id: number;
  readonly type: TaskType;
  /** Its input as it was at the call: bytes in a chunk that other tasks may share. Few inputs have further parts. */
  chunk: Buffer | undefined;
  inputAt = 0;
  inputBytes = 0;
  /**
   * Time in which its input was encoded, ns, and 1 more: small inputs take less than the clock can tell. 0 unless its call was timed. An
   * integer, which takes no object of its own.
   */
  encodedNs = 0;
  aside: InputAside | undefined;
  readonly extras: TaskExtras;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Host clock. */
  readonly submittedAt: number;
  /**
   * What its state owns: the timer that ends its wait (queued, retrying), or its entry in a worker (dispatched). Only the
   * TaskRegistry writes it, together with `state`. It is a field, because an object for each state would cost 40 bytes a task.
   */
  owned: Timer | Assignment | undefined;
  #history: TaskHistory<Task> | undefined;

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

  /** Its entry in a worker, while it is dispatched. */
  get assignment(): Assignment | undefined {
    return this.state === 'dispatched' ? (this.owned as Assignment) : undefined;
  }
  get name(): string {
    return this.extras.name ?? this.type.taskName;
  }
  get settings(): TaskSettings {
    return this.extras.settings ?? this.type.settings;
  }
  /** Longest execution, ms; Infinity for none. */
  get timeoutMs(): number {
    return this.settings.timeoutMs;
  }
  /** Time in the handler after which it counts as slow, ms; Infinity for never, and once it does. */
  get slowMs(): number {
    const isKnown = this.#history?.isSlow === true || this.#history?.twinOf?.history.isSlow === true;
    return isKnown ? Infinity : this.settings.slowMs;
  }
  /** Whether something becomes due while it waits or runs. */
  get isTimed(): boolean {
    const { timeoutMs, queueTimeoutMs, slowMs } = this.settings;
    const isLimited = timeoutMs < Infinity || queueTimeoutMs < Infinity || slowMs < Infinity;
    return isLimited || this.extras.deadline !== undefined;
  }
  /** Latest end, host clock; Infinity for none. */
  get deadlineMs(): number {
    return this.extras.deadline?.hostMs ?? Infinity;
  }
  /** The value of ctx.deadline in the handler. */
  get deadlineEpochMs(): number | undefined {
    return this.extras.deadline?.epochMs;
  }
  get wantsProgress(): boolean {
    return this.extras.onProgress !== undefined;
  }
  /** Whether the worker must know terms of it for which its row has no word. */
  get hasRareTerms(): boolean {
    if (this.isMetered) return true;
    // As most calls are.
    if (this.extras === NO_EXTRAS) return false;
    const { onProgress, deadline, headers, flows } = this.extras;
    return (onProgress ?? deadline ?? headers ?? flows) !== undefined;
  }
  get flows(): TaskFlows | undefined {
    return this.extras.flows;
  }
  /** Whether its name has limits. Then it goes only to a free place. */
  get isLimited(): boolean {
    return this.type.limits !== undefined;
  }
  /** Whether its handler can report what it really used. */
  get isMetered(): boolean {
    return this.type.limits?.isMetered === true;
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
  /** Whether it is a further run of another task. */
  get isTwin(): boolean {
    return this.#history?.twinOf !== undefined;
  }
  /** Whether it is a broadcast task, which no policy looks after. */
  get isBroadcast(): boolean {
    return this.isPinned && !this.isTwin;
  }
  get twins(): Twins<Task> | undefined {
    return this.#history?.twins;
  }
  /** Whether it belongs to this name, or to the callable with this label. */
  isOf(name: string): boolean {
    return (this.type.name === this.type.taskName ? this.name : this.type.name) === name;
  }

  get breakerKey(): string | undefined {
    return this.extras.breakerKey;
  }
  /** Whether its input can be sent only once, because part of it is moved. It must not go where it may have to be recalled. */
  get isOneShot(): boolean {
    return this.extras.transfer !== undefined;
  }
  /** Whether it is one-shot and was sent, so that no other try is possible. */
  get isSpent(): boolean {
    return this.#history?.isSpent ?? false;
  }
  /** Whether another worker could run it. */
  get canMove(): boolean {
    return !this.isPinned && !this.isSpent;
  }
  /** Whether its handler may be called again after its worker's death, for `idempotent` or for its `retry`. */
  get mayRunTwice(): boolean {
    return this.isIdempotent || this.retries < this.settings.retry.attempts;
  }
  get attempt(): number {
    return this.#history?.attempt ?? 1;
  }
  /** Whether its caller wants it to run alone. */
  get isExclusive(): boolean {
    return this.settings.exclusive;
  }
  /** Notes that a try has failed, and that `retry` pays for another one. */
  tryFailed(error: unknown, nowMs: number): void {
    this.startAgain();
    const { history } = this;
    history.retries++;
    history.failedAt = nowMs;
    history.failure = { error };
  }
  /** Notes that its handler is to be started once more. */
  startAgain(): void {
    const { history } = this;
    history.attempt++;
    if (history.twins === undefined) return;
    history.attempt += history.twins.begun;
    history.twins.begun = 0;
  }
  get retries(): number {
    return this.#history?.retries ?? 0;
  }
  get failure(): TaskHistory<Task>['failure'] {
    return this.#history?.failure;
  }
  /** Whether it may run twice. If its result is lost with its worker, it then runs again. */
  get isIdempotent(): boolean {
    return this.settings.idempotent;
  }
  /**
   * Whether its start and its result are written where they outlive the worker. An idempotent task goes without, unless it
   * has a time limit, which must know when it began.
   */
  get isLasting(): boolean {
    const { idempotent, timeoutMs, slowMs } = this.settings;
    return !idempotent || timeoutMs < Infinity || slowMs < Infinity || this.extras.deadline !== undefined;
  }
  /** Bytes of its input, large views included. A long text on its way through a port counts a byte for a character. */
  get totalBytes(): number {
    let bytes = this.inputBytes;
    if (this.aside === undefined) return bytes;
    const { views, clone } = this.aside;
    if (views !== undefined) for (const view of views) bytes += view.length;
    if (typeof clone?.value === 'string') bytes += clone.value.length;
    return bytes;
  }
  /** Time when its wait has to end, host clock; Infinity for never. */
  get waitUntilMs(): number {
    return Math.min(this.dueAt + this.settings.queueTimeoutMs, this.deadlineMs);
  }
  get dueAt(): number {
    return this.#history?.dueAt ?? this.submittedAt;
  }
  /** Wait between the try before this one and this one, ms; 0 for a first try. */
  get backoffMs(): number {
    const { dueAt, failedAt } = this.#history ?? {};
    return dueAt === undefined || failedAt === undefined ? 0 : Math.max(0, dueAt - failedAt);
  }
  /** The tasks that it stands for in the queue: only a batch has some. */
  get members(): Iterable<Task> | undefined {
    return undefined;
  }
  /** Whether it has this circuit breaker. @param name see Breakers.task */
  hasBreaker(name: string, breakerKey: string | undefined): boolean {
    return this.type.breakers?.task === name && this.extras.breakerKey === breakerKey;
  }
  get mustRunAlone(): boolean {
    return this.#history?.mustRunAlone ?? false;
  }
  /** The task that it is a further run of, or itself. */
  get owner(): Task {
    return this.#history?.twinOf ?? this;
  }
  /** Its history, for changes. */
  get history(): TaskHistory<Task> {
    return (this.#history ??= {
      attempt: 1,
      retries: 0,
      dueAt: undefined,
      failedAt: undefined,
      crashes: 0,
      decodeDeaths: 0,
      mustRunAlone: false,
      isSpent: false,
      failure: undefined,
      isSlow: false,
      twins: undefined,
      twinOf: undefined,
    });
  }
}
