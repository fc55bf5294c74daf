import type { CallLimits, SharedResult, SharedTask, TaskSight } from '../backend/backend.js';
import { listen } from '../base/abort-watch.js';
import type { Clock, Timer } from '../base/clock.js';
import { AbortController } from '../base/natives.js';
import { random } from '../base/random.js';
import type { CallTerms } from '../contract/call-terms.js';
import { PoolError } from '../contract/errors.js';
import type { TaskSettings } from '../contract/resolved-options.js';
import type { TryBudget } from '../limits/try-budget.js';
import { decideFailure } from '../task/failure.js';
import { isRefusal } from './breaker-step.js';
import type { Try, TryFunction } from './try.js';

export interface ExecutionParts {
  readonly task: string;
  readonly input: unknown;
  /** Its settings, signal and deadline. */
  readonly terms: CallTerms & { readonly settings: TaskSettings };
  /** The function, within the steps of each try. */
  readonly tryFunction: TryFunction;
  /** Bounds further tries; undefined without a bound. */
  readonly budget: TryBudget | undefined;
  readonly clock: Clock;
  /** Called when the function is called. */
  tried(): void;
}

/** One call of a wrapped function, below its cache and shaping: a deadline around tries. It ends once, whatever the function does. */
export class Execution implements SharedTask {
  readonly result: Promise<SharedResult>;
  readonly #parts: ExecutionParts;
  readonly #calledAtMs: number;
  /** Aborts the tries, and what they wait for. */
  readonly #controller = new AbortController();
  #stop!: (reason: unknown) => void;
  #timer: Timer | undefined;
  #timeoutMs: number;
  #deadlineMs: number;
  /** Time when the function was called for the present try; undefined before. */
  #begunAtMs: number | undefined;

  constructor(parts: ExecutionParts) {
    const { terms, clock, budget } = parts;
    this.#parts = parts;
    this.#calledAtMs = clock.now();
    this.#timeoutMs = terms.settings.timeoutMs;
    this.#deadlineMs = terms.deadline?.hostMs ?? Infinity;
    budget?.payIn();
    const { signal } = terms;
    const unlisten = signal === undefined ? undefined : listen(signal, () => this.#stop(signal.reason));
    const release = (): void => {
      unlisten?.();
      this.#timer?.cancel();
    };
    this.result = new Promise((resolve, reject) => {
      this.#stop = (reason) => {
        release();
        reject(reason);
        this.#controller.abort(reason);
      };
      this.#watchDeadline();
      this.#run().then(resolve, reject);
    });
    this.result.then(release, release);
  }

  look(): TaskSight {
    return { isQueued: false, startedAtMs: this.#begunAtMs, workerId: 0, queued: 0 };
  }

  loosen({ timeoutMs, deadlineMs }: CallLimits): void {
    this.#timeoutMs = timeoutMs;
    this.#deadlineMs = deadlineMs;
  }

  async #run(): Promise<SharedResult> {
    const { tryFunction, terms, clock, budget } = this.#parts;
    if (this.#deadlineMs <= this.#calledAtMs) throw this.#pastDeadline();
    for (let attempt = 1; ; attempt++) {
      try {
        const value = await tryFunction(this.#try(attempt));
        return { value, costMs: clock.now() - (this.#begunAtMs ?? clock.now()) };
      } catch (error) {
        this.#begunAtMs = undefined;
        this.#controller.signal.throwIfAborted();
        if (isRefusal(error)) throw error;
        const leftMs = this.#deadlineMs - clock.now();
        const decision = decideFailure(terms.settings.retry, attempt, error, random(), {
          leftMs,
          refusedMs: 0,
          budget,
        });
        if (decision.action === 'reject') throw decision.error;
        await this.#pause(decision.delayMs);
      }
    }
  }

  #try(attempt: number): Try {
    return {
      input: this.#parts.input,
      attempt,
      signal: this.#controller.signal,
      timeoutMs: () => this.#timeoutMs,
      begins: (nowMs) => {
        this.#begunAtMs = nowMs;
        this.#parts.tried();
      },
      lookAgain: undefined,
      end: undefined,
    };
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#controller;
    return new Promise((resolve, reject) => {
      const unlisten = listen(signal, () => {
        timer.cancel();
        reject(signal.reason);
      });
      const timer = this.#parts.clock.after(ms, () => {
        unlisten();
        resolve();
      });
    });
  }

  #watchDeadline(): void {
    if (this.#deadlineMs === Infinity) return;
    const { clock } = this.#parts;
    this.#timer = clock.after(this.#deadlineMs - clock.now(), () => {
      if (this.#deadlineMs > clock.now()) this.#watchDeadline();
      else this.#stop(this.#pastDeadline());
    });
  }

  #pastDeadline(): PoolError {
    const { task, terms, clock } = this.#parts;
    const nowMs = clock.now();
    const limitMs = this.#deadlineMs - this.#calledAtMs;
    if (this.#begunAtMs === undefined) {
      const waitedMs = nowMs - this.#calledAtMs;
      return new PoolError('ERR_QUEUE_TIMEOUT', {
        task,
        waitedMs,
        limitMs,
        queued: 0,
        deadline: terms.deadline?.epochMs,
      });
    }
    const details = {
      task,
      ranMs: nowMs - this.#begunAtMs,
      limitMs,
      workerId: 0,
      by: 'deadline',
      stack: undefined,
    } as const;
    return new PoolError('ERR_TASK_TIMEOUT', details);
  }
}
