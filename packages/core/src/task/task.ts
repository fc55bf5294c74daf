import type { Timer } from '../base/clock.js';
import type { Linked } from '../base/linked-queue.js';
import type { TaskSettings } from '../contract/resolve-options.js';
import type { TaskState } from './task-state.js';
import type { TaskType } from './task-type.js';

/** What a caller may ask of one task beyond its settings. */
export interface TaskExtras {
  signal?: AbortSignal | undefined;
  /** Latest end: on the host clock, and as ms since the epoch for the handler. */
  deadline?: { hostMs: number; epochMs: number } | undefined;
  onProgress?: ((value: unknown) => void) | undefined;
}

/** The worker that has a task in hand, as far as the task's owner needs it. */
export interface Holder {
  readonly id: number;
  abandon(task: Task, reason: unknown): void;
}

const NO_EXTRAS: TaskExtras = {};

/**
 * One submitted call, from acceptance until it settles. It stands in the queue by its own links, and serves the worker
 * that has it in hand as the record of that try. Its `state` is moved by the TaskBook only.
 */
export class Task implements Linked<Task> {
  next: Task | undefined;
  previous: Task | undefined;
  state: TaskState = 'queued';
  readonly id: number;
  readonly type: TaskType;
  readonly input: unknown;
  readonly settings: TaskSettings;
  readonly extras: TaskExtras;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** When it was submitted, and when this try became due, host clock. */
  readonly submittedAt: number;
  queuedAt: number;
  attempt = 1;
  /** Workers that died while it was running. */
  crashes = 0;
  /** It was running when several tasks' worker died; now it must show by itself whether it is to blame. */
  mustRunAlone = false;
  /** A broadcast task belongs to one worker and to no other. */
  readonly pinned: boolean;
  /** Ends its wait: the queue timeout, or the delay before the next try. */
  timer: Timer | undefined;
  // Of the try that is in a worker's hand.
  holder: Holder | undefined;
  wireId = 0;
  assignedAt = NaN;
  sentAt = NaN;
  expectedMs = 0;
  /** Execution time of the try that completed, ms. */
  ranMs = 0;

  constructor(
    id: number,
    type: TaskType,
    input: unknown,
    settings: TaskSettings,
    extras: TaskExtras | undefined,
    nowMs: number,
    settle: { resolve: (value: unknown) => void; reject: (error: unknown) => void },
    pinned = false,
  ) {
    this.id = id;
    this.type = type;
    this.input = input;
    this.settings = settings;
    this.extras = extras ?? NO_EXTRAS;
    this.submittedAt = nowMs;
    this.queuedAt = nowMs;
    this.resolve = settle.resolve;
    this.reject = settle.reject;
    this.pinned = pinned;
  }

  get name(): string {
    return this.type.name;
  }
  get timeoutMs(): number {
    return this.settings.timeoutMs;
  }
  get deadlineMs(): number {
    return this.extras.deadline?.hostMs ?? Infinity;
  }
  get deadlineEpochMs(): number | undefined {
    return this.extras.deadline?.epochMs;
  }
  get wantsProgress(): boolean {
    return this.extras.onProgress !== undefined;
  }
}
