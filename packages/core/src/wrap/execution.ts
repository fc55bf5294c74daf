import type { CallLimits, SharedResult, SharedTask, TaskSight } from '../backend/backend.js';
import { listen } from '../base/abort-watch.js';
import type { Clock, Timer } from '../base/clock.js';
import { AbortController } from '../base/natives.js';
import { random } from '../base/random.js';
import type { CallTerms } from '../contract/call-terms.js';
import { PoolError } from '../contract/errors.js';
import type { TaskSettings } from '../contract/resolved-options.js';
import { decideFailure } from '../task/failure.js';
import type { CallKeys, FunctionPolicies, Taken } from './function-policies.js';
import { FunctionRun, type PlainFunction, type RunEnd } from './function-run.js';
import { hedgedRun } from './hedged-run.js';

export interface ExecutionParts {
  readonly fn: PlainFunction;
  readonly task: string;
  readonly input: unknown;
  /** Its settings, signal and deadline. */
  readonly terms: CallTerms & { readonly settings: TaskSettings };
  readonly policies: FunctionPolicies;
  readonly clock: Clock;
  /** Called when the function is called. */
  tried(): void;
  /** Called when the budget of retries has refused a further try. */
  retryRefused(): void;
}

/**
 * One call of a wrapped function, below its cache and shaping: a deadline around tries. It ends once, whatever the function does.
 */
export class Execution implements SharedTask {
  readonly result: Promise<SharedResult>;
  readonly #parts: ExecutionParts;
  readonly #calledAtMs: number;
  /** Aborts the tries, and what they wait for. Its reason is the error of the call. */
  readonly #controller = new AbortController();
  readonly #unlisten: (() => void) | undefined;
  #timer: Timer | undefined;
  #timeoutMs: number;
  #deadlineMs: number;
  #isOverdue = false;
  /** Time when the function was called for the present try; undefined before. */
  #begunAtMs: number | undefined;

  constructor(parts: ExecutionParts) {
    const { terms, clock, policies } = parts;
    const { signal, settings, deadline } = terms;
    this.#parts = parts;
    this.#calledAtMs = clock.now();
    this.#timeoutMs = settings.timeoutMs;
    this.#deadlineMs = deadline?.hostMs ?? Infinity;
    policies.noteCall();
    this.#unlisten = signal && listen(signal, () => this.#controller.abort(signal.reason));
    this.#watchDeadline();
    this.result = this.#run();
  }

  look(): TaskSight {
    return { isQueued: false, startedAtMs: this.#begunAtMs, workerId: 0, queued: 0 };
  }

  loosen({ timeoutMs, deadlineMs }: CallLimits): void {
    this.#timeoutMs = timeoutMs;
    this.#deadlineMs = deadlineMs;
  }

  async #run(): Promise<SharedResult> {
    try {
      this.#parts.terms.signal?.throwIfAborted();
      if (this.#deadlineMs <= this.#calledAtMs) throw this.#pastDeadline();
      return await this.#tryAll();
    } finally {
      this.#unlisten?.();
      this.#timer?.cancel();
    }
  }

  async #tryAll(): Promise<SharedResult> {
    const { input, terms, clock, policies, retryRefused } = this.#parts;
    const { signal } = this.#controller;
    const keys = policies.keysOf(input);
    let failure: unknown;
    for (let attempt = 1; ; attempt++) {
      // A key or a cost may have aborted the signal of the call. So may other code since the end of the pause.
      signal.throwIfAborted();
      const taken = await policies.admit(keys, signal, failure);
      // It may have aborted since its turn.
      if (signal.aborted) policies.giveBack(taken);
      signal.throwIfAborted();
      const end = await this.#try(attempt, keys, taken);
      this.#begunAtMs = undefined;
      if (end.how === 'ok') return { value: end.value, costMs: end.ranMs };
      if (end.how === 'left') throw signal.reason;
      if (!end.mayRetry) throw end.error;
      const decision = decideFailure(terms.settings.retry, attempt, end.error, random(), {
        leftMs: this.#deadlineMs - clock.now(),
        refusedMs: policies.refusedMs(keys),
        budget: policies.budget,
      });
      // `retry.on` may have aborted the signal of the call.
      signal.throwIfAborted();
      if (decision.action === 'reject') {
        if (decision.by === 'budget') retryRefused();
        throw decision.by === 'breaker' ? policies.refusal(keys, end.error) : decision.error;
      }
      failure = end.error;
      await this.#pause(decision.delayMs);
    }
  }

  #try(attempt: number, keys: CallKeys, taken: Taken): Promise<RunEnd> {
    const { terms, policies, clock } = this.#parts;
    const isHedged = policies.hedge !== undefined && terms.settings.idempotent;
    const first = this.#begin(attempt, keys, taken, isHedged);
    this.#begunAtMs = first.beganAtMs;
    if (!isHedged) return first.end;
    const begin = (number: number): FunctionRun =>
      this.#begin(attempt + number, keys, policies.take(keys, undefined), true);
    return hedgedRun(first, { policies, keys, clock, begin });
  }

  #begin(attempt: number, keys: CallKeys, taken: Taken, isHedged: boolean): FunctionRun {
    const { fn, task, input, terms, policies, clock, tried } = this.#parts;
    tried();
    return new FunctionRun({
      fn,
      task,
      input,
      attempt,
      policies,
      keys,
      taken,
      clock,
      isHedged,
      signal: this.#controller.signal,
      maxRetryAfterMs: terms.settings.retry.maxRetryAfterMs,
      isOverdue: () => this.#isOverdue,
      timeoutMs: () => this.#timeoutMs,
    });
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#controller;
    return new Promise((resolve, reject) => {
      const unlisten = listen(signal, () => {
        timer.cancel();
        reject(signal.reason as Error);
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
      if (this.#deadlineMs > clock.now()) {
        this.#watchDeadline();
        return;
      }
      this.#isOverdue = true;
      this.#controller.abort(this.#pastDeadline());
    });
  }

  #pastDeadline(): PoolError {
    const { task, terms, clock } = this.#parts;
    const nowMs = clock.now();
    const limitMs = this.#deadlineMs - this.#calledAtMs;
    if (this.#begunAtMs === undefined) {
      const waitedMs = nowMs - this.#calledAtMs;
      const deadline = terms.deadline?.epochMs;
      return new PoolError('ERR_QUEUE_TIMEOUT', { task, waitedMs, limitMs, queued: 0, deadline });
    }
    const ranMs = nowMs - this.#begunAtMs;
    const details = { task, ranMs, limitMs, workerId: 0, by: 'deadline', stack: undefined } as const;
    return new PoolError('ERR_TASK_TIMEOUT', details);
  }
}
