import type { CallLimits, SharedResult, SharedTask, TaskSight } from '../backend/backend.js';
import type { Clock } from '../base/clock.js';
import type { CallTerms } from '../contract/call-terms.js';
import { PoolError } from '../contract/errors.js';
import type { RunTerms, ShapedCall } from './shaped-caller.js';
import type { Shapers } from './shapers.js';

/** What is seen of a call that waits for its run. No limit of the queue counts yet. */
const WAITS: TaskSight = { isQueued: false, startedAtMs: undefined, workerId: 0, queued: 0 };

export interface ShapedTaskParts {
  readonly name: string;
  readonly input: unknown;
  readonly terms: CallTerms;
  readonly shapers: Shapers<SharedResult>;
  readonly clock: Clock;
  copy(value: unknown): unknown;
  /** Hands the task to the backend. */
  start(input: unknown, terms: CallTerms): SharedTask;
  /** Called when the result is that of another input, before it comes. */
  superseded: (() => void) | undefined;
}

/** A call of a throttled or debounced task. Its task begins later, or that of another call stands in for it. */
export class ShapedTask implements SharedTask, ShapedCall<SharedResult> {
  readonly result: Promise<SharedResult>;
  readonly #parts: ShapedTaskParts;
  readonly #calledAtMs: number;
  #input: unknown;
  #deadlineMs: number;
  #task: SharedTask | undefined;
  /** Limits that it got before it began. */
  #limits: CallLimits | undefined;

  /** @throws as `Shapers.call` */
  constructor(parts: ShapedTaskParts) {
    this.#parts = parts;
    this.#calledAtMs = parts.clock.now();
    this.#input = parts.input;
    this.#deadlineMs = parts.terms.deadline?.hostMs ?? Infinity;
    this.result = parts.shapers.call(parts.input, this);
  }

  get signal(): AbortSignal | undefined {
    return this.#parts.terms.signal;
  }
  get onProgress(): ((value: unknown) => void) | undefined {
    return this.#parts.terms.onProgress;
  }
  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  hold(): void {
    const { borrow, transfer } = this.#parts.terms;
    if (borrow !== true && transfer === undefined) this.#input = this.#parts.copy(this.#input);
  }

  begin({ signal, onProgress }: RunTerms): Promise<SharedResult> {
    const { start, terms } = this.#parts;
    this.#task = start(this.#input, { ...terms, signal, onProgress });
    this.#input = undefined;
    if (this.#limits !== undefined) this.#task.loosen(this.#limits);
    return this.#task.result;
  }

  overdue(): Error {
    const { name, terms, clock } = this.#parts;
    return new PoolError('ERR_QUEUE_TIMEOUT', {
      task: name,
      waitedMs: clock.now() - this.#calledAtMs,
      limitMs: this.#deadlineMs - this.#calledAtMs,
      queued: 0,
      deadline: terms.deadline?.epochMs,
    });
  }

  superseded(): void {
    this.#parts.superseded?.();
  }

  look(): TaskSight {
    return this.#task?.look() ?? WAITS;
  }

  loosen(limits: CallLimits): void {
    this.#deadlineMs = limits.deadlineMs;
    if (this.#task === undefined) this.#limits = limits;
    else this.#task.loosen(limits);
  }
}
