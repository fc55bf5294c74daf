import { listen } from '../base/abort-watch.js';
import type { Clock, Timer } from '../base/clock.js';
import { AbortController } from '../base/natives.js';
import { PoolError } from '../contract/errors.js';
import { checkUsed } from '../contract/used-units.js';
import type { WrapContext } from '../contract/wrap-options.js';
import type { Permit } from '../limits/breaker.js';
import type { CallKeys, FunctionPolicies, Taken } from './function-policies.js';

export type PlainFunction = (input: unknown, ctx: WrapContext) => unknown;

/** How a run ended. 'left': nothing waits for it any more. */
export type RunEnd =
  | { readonly how: 'ok'; readonly value: unknown; readonly ranMs: number }
  | { readonly how: 'failed'; readonly error: unknown; readonly mayRetry: boolean }
  | { readonly how: 'left' };

export interface FunctionRunParts {
  readonly fn: PlainFunction;
  readonly task: string;
  readonly input: unknown;
  /** 1 for the first. */
  readonly attempt: number;
  readonly policies: FunctionPolicies;
  readonly keys: CallKeys;
  readonly taken: Taken;
  /** Longest time that an error may close limits for. */
  readonly maxRetryAfterMs: number;
  readonly clock: Clock;
  /** Aborts when nothing waits for the call any more. */
  readonly signal: AbortSignal;
  /** Whether the deadline of the call was the reason. */
  isOverdue(): boolean;
  /** Whether the run may be ended alone, because another one is faster. */
  readonly isHedged: boolean;
  /** Longest time of the run, ms. It may become longer meanwhile. */
  timeoutMs(): number;
}

/**
 * One run of the function. It ends with its signal or its time, and the function itself may go on. So its places are held until
 * then.
 */
export class FunctionRun {
  readonly beganAtMs: number;
  /** Does not reject. */
  readonly end: Promise<RunEnd>;
  readonly #parts: FunctionRunParts;
  /** Undefined where the signal of the call serves: most functions have no limit of their own. */
  readonly #own: AbortController | undefined;
  readonly #unlisten: () => void;
  #resolve!: (end: RunEnd) => void;
  #permit: Permit | undefined;
  #timer: Timer | undefined;
  #isOver = false;

  /** @param parts their signal is not aborted */
  constructor(parts: FunctionRunParts) {
    const { clock, signal, taken, isHedged } = parts;
    this.#parts = parts;
    this.#permit = taken.permit;
    this.beganAtMs = clock.now();
    this.end = new Promise((resolve) => void (this.#resolve = resolve));
    this.#own = isHedged || parts.timeoutMs() < Infinity ? new AbortController() : undefined;
    this.#unlisten = listen(signal, () => this.#aborted());
    this.#watch();
    this.#call().then(
      (value) => this.#returned(value),
      (error: unknown) => this.#threw(error),
    );
  }

  /** Ends it, because its result is not wanted. */
  cancel(reason: unknown): void {
    if (this.#isOver) return;
    this.#leave();
    this.#own?.abort(reason);
  }

  async #call(): Promise<unknown> {
    const { fn, input, attempt, signal, taken, clock } = this.#parts;
    const report = (used: Readonly<Record<string, number>>): void => {
      const own = checkUsed(used);
      taken.grant?.correct(own, clock.now());
    };
    return fn(input, { signal: this.#own?.signal ?? signal, attempt, report });
  }

  #returned(value: unknown): void {
    const nowMs = this.#parts.clock.now();
    this.#parts.taken.grant?.ended(nowMs);
    if (this.#isOver) return;
    const ranMs = nowMs - this.beganAtMs;
    if (this.#parts.policies.hedge !== undefined) this.#parts.policies.ran.record(ranMs);
    const permit = this.#takePermit();
    permit?.breaker.ended(permit, 'ok', nowMs, ranMs);
    this.#settle({ how: 'ok', value, ranMs });
  }

  #threw(error: unknown): void {
    const { policies, keys, taken, maxRetryAfterMs, clock } = this.#parts;
    const nowMs = clock.now();
    taken.grant?.ended(nowMs);
    if (this.#isOver) return;
    if (policies.hedge !== undefined) policies.ran.record(nowMs - this.beganAtMs);
    if (keys.ticket !== undefined) policies.line?.limits.failed(keys.ticket, error, maxRetryAfterMs, nowMs);
    this.#failed(error, true);
  }

  /** The caller has gone, or the deadline has come. */
  #aborted(): void {
    const { signal, isOverdue } = this.#parts;
    if (isOverdue()) this.#failed(signal.reason, false);
    else this.#leave();
    this.#own?.abort(signal.reason);
  }

  #leave(): void {
    const permit = this.#takePermit();
    permit?.breaker.ended(permit, 'ignored', this.#parts.clock.now(), 0);
    this.#settle({ how: 'left' });
  }

  #watch(): void {
    const { clock, timeoutMs } = this.#parts;
    const limitMs = timeoutMs();
    if (limitMs === Infinity) return;
    const leftMs = this.beganAtMs + limitMs - clock.now();
    if (leftMs > 0) this.#timer = clock.after(leftMs, () => this.#watch());
    else this.#timeOut(limitMs);
  }

  #timeOut(limitMs: number): void {
    const { task, clock } = this.#parts;
    const ranMs = clock.now() - this.beganAtMs;
    const details = { task, ranMs, limitMs, workerId: 0, by: 'timeoutMs', stack: undefined } as const;
    const error = new PoolError('ERR_TASK_TIMEOUT', details);
    this.#failed(error, true);
    this.#own?.abort(error);
  }

  /** Handles a failure, for which the circuit breaker is asked. That may end the run itself: the program's own code is asked. */
  #failed(error: unknown, mayRetry: boolean): void {
    const { policies, clock } = this.#parts;
    const nowMs = clock.now();
    const permit = this.#takePermit();
    const fault = permit && policies.breakers?.failed(permit, error, nowMs, nowMs - this.beganAtMs);
    this.#settle({ how: 'failed', error: fault ?? error, mayRetry: mayRetry && fault === undefined });
  }

  /** A permit gets one outcome. */
  #takePermit(): Permit | undefined {
    const permit = this.#permit;
    this.#permit = undefined;
    return permit;
  }

  #settle(end: RunEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#unlisten();
    this.#timer?.cancel();
    this.#resolve(end);
  }
}
