import type { CallLimits, SharedResult, SharedTask } from '../backend/backend.js';
import { listen } from '../base/abort-watch.js';
import { callSafely } from '../base/call-safely.js';
import type { Clock, Timer } from '../base/clock.js';
import { AbortController } from '../base/natives.js';
import type { ResolvedRetry } from '../contract/resolve-options.js';
import { isTighter, judgeLimits, limitError, loosest } from './call-limits.js';

/**
 * Time between finding a limit over and acting on it, ms: Node's shortest timer. Results that have arrived by then are read
 * first.
 */
const LAST_LOOK_MS = 1;

/** Terms of a caller of a cached task. */
export interface CachedCall {
  readonly limits: CallLimits;
  readonly retry: ResolvedRetry;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((value: unknown) => void) | undefined;
}

/** Links of an execution to all its waiting callers. */
export interface Shared {
  /** Aborts when the last caller has gone. */
  readonly signal: AbortSignal;
  readonly onProgress: (value: unknown) => void;
}

/** A waiting caller. */
interface Caller {
  readonly call: CachedCall;
  readonly sinceMs: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  unlisten: (() => void) | undefined;
  timer: Timer | undefined;
  /** Whether a limit was found to be over. */
  isOver: boolean;
  /** Number of further tries that an execution of its own would have had. */
  triesLeft: number;
  /** Time when such a try would have begun. */
  triedAtMs: number;
}

/**
 * One execution that any number of equal calls wait for. Each call keeps its own limits, as if it were alone. A call whose
 * limits end leaves. The execution goes on for the others, under the loosest of all limits.
 */
export class Flight {
  readonly #clock: Clock;
  readonly #controller = new AbortController();
  readonly #callers = new Set<Caller>();
  readonly #execution: SharedTask;
  readonly #task: string;
  readonly #retry: ResolvedRetry;
  readonly #abandoned: () => void;
  /** Limits of the execution. */
  #limits: CallLimits;

  /**
   * @param abandoned called when the last caller has gone before the end
   * @param ended called before the callers are answered; `entry` is undefined for a failure
   */
  constructor(
    task: string,
    first: CachedCall,
    clock: Clock,
    start: (shared: Shared) => SharedTask,
    parts: { abandoned: () => void; ended: (entry: SharedResult | undefined) => void },
  ) {
    this.#task = task;
    this.#clock = clock;
    this.#limits = first.limits;
    this.#retry = first.retry;
    this.#abandoned = parts.abandoned;
    const onProgress = (value: unknown): void => {
      for (const { call } of this.#callers) if (call.onProgress !== undefined) callSafely(call.onProgress, value);
    };
    this.#execution = start({ signal: this.#controller.signal, onProgress });
    this.#execution.result.then(
      (entry) => {
        parts.ended(entry);
        this.#settle(({ resolve }) => resolve(entry.value));
      },
      (error: unknown) => {
        parts.ended(undefined);
        this.#settle(({ reject }) => reject(error));
      },
    );
  }

  /** Whether this execution retries as a call's own would. */
  serves({ retry }: CachedCall): boolean {
    const { attempts, on, baseMs, maxMs } = this.#retry;
    if (retry.attempts !== attempts) return false;
    return attempts === 0 || (retry.on === on && retry.baseMs === baseMs && retry.maxMs === maxMs);
  }

  /** Waits for the result, within the limits of this call. */
  join(call: CachedCall): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const caller: Caller = {
        call,
        sinceMs: this.#clock.now(),
        resolve,
        reject,
        unlisten: undefined,
        timer: undefined,
        isOver: false,
        triesLeft: call.retry.attempts,
        triedAtMs: -Infinity,
      };
      const { signal } = call;
      if (signal !== undefined) caller.unlisten = listen(signal, () => this.#leave(caller, signal.reason));
      this.#callers.add(caller);
      if (this.#callers.size > 1) this.#keepLimits();
    });
  }

  /**
   * Keeps each caller to its own limits. A single caller's limits are the execution's, but others may have looser or tighter
   * ones.
   */
  #keepLimits(): void {
    const limits = loosest([this.#limits, ...[...this.#callers].map(({ call }) => call.limits)]);
    if (isTighter(this.#limits, limits)) this.#execution.loosen(limits);
    this.#limits = limits;
    for (const caller of this.#callers) {
      if (caller.timer === undefined && isTighter(caller.call.limits, limits)) this.#look(caller);
    }
  }

  #look(caller: Caller): void {
    const { call, triedAtMs } = caller;
    const sight = this.#execution.look();
    const { isQueued, startedAtMs } = sight;
    const nowMs = this.#clock.now();
    const since = startedAtMs === undefined ? undefined : Math.max(startedAtMs, triedAtMs);
    const verdict = judgeLimits(call.limits, { nowMs, isQueued, startedAtMs: since });
    if ('lookAtMs' in verdict) {
      caller.isOver = false;
      this.#lookIn(caller, verdict.lookAtMs - nowMs);
    } else if (!caller.isOver) {
      caller.isOver = true;
      this.#lookIn(caller, LAST_LOOK_MS);
    } else if (verdict.over === 'timeoutMs' && caller.triesLeft > 0) {
      // The execution goes on, which is as good as another try.
      caller.triesLeft--;
      caller.triedAtMs = nowMs;
      this.#look(caller);
    } else {
      this.#leave(caller, limitError(verdict.over, this.#task, call.limits, caller.sinceMs, sight, nowMs));
    }
  }

  #lookIn(caller: Caller, delayMs: number): void {
    if (delayMs < Infinity) caller.timer = this.#clock.after(delayMs, () => this.#look(caller));
  }

  #leave(caller: Caller, reason: unknown): void {
    this.#forget(caller);
    caller.reject(reason);
    if (this.#callers.size > 0) return;
    this.#abandoned();
    this.#controller.abort(reason);
  }

  #forget(caller: Caller): void {
    this.#callers.delete(caller);
    caller.unlisten?.();
    caller.timer?.cancel();
  }

  #settle(answer: (caller: Caller) => void): void {
    for (const caller of [...this.#callers]) {
      this.#forget(caller);
      answer(caller);
    }
  }
}
