import type { CallLimits, SharedResult, SharedTask } from '../backend/backend.js';
import { listen } from '../base/abort-watch.js';
import { callSafely } from '../base/call-safely.js';
import type { Clock, Timer } from '../base/clock.js';
import { AbortController } from '../base/natives.js';
import type { ResolvedRetry } from '../contract/resolved-options.js';
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
  /** Whether part of its input is to move, and not to be copied. */
  readonly movesInput: boolean;
  /** Whether it wants a new result, and not a kept one. */
  readonly refresh: boolean;
  /** Its own terms for the result. */
  readonly ttlMs: number | undefined;
  readonly tags: readonly string[] | undefined;
}

/** Terms of an execution that its callers share. They take the place of those of the first. */
export interface Shared {
  /** Aborts when the last caller has gone. */
  readonly signal: AbortSignal;
  readonly onProgress: (value: unknown) => void;
  /** Given, without a value, where the execution is not to end with the first caller's deadline. */
  readonly deadline?: undefined;
  /** Called when the result is that of another input, before it comes. It is then not kept. */
  readonly superseded?: () => void;
}

/** Settles the promise of one caller. */
export type Answer = (caller: Pick<Caller, 'resolve' | 'reject'>) => void;

export interface FlightParts {
  /** Called when the last caller has gone before the end. */
  abandoned(): void;
  /** Called at the end, before the callers are answered. */
  completed(result: SharedResult): Answer;
  failed(error: unknown): Answer;
  /** Called when the limits of one caller are over. */
  over(error: unknown): Answer;
}

/** A waiting caller. */
export interface Caller {
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
  /** Earliest time when its own execution, or a further try of it, would have begun. */
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
  /** Callers whose limits are those of the execution, which keeps them. */
  readonly #unwatched = new Set<Caller>();
  readonly #execution: SharedTask;
  readonly #task: string;
  readonly #retry: ResolvedRetry;
  readonly #parts: FlightParts;
  /** Whether it goes on without any caller. */
  readonly #isDetached: boolean;
  /** Limits of the execution. */
  #limits: CallLimits;

  /** @param isDetached whether it goes on without any caller, since its result is wanted for later ones */
  constructor(
    task: string,
    first: CachedCall,
    clock: Clock,
    start: (shared: Shared) => SharedTask,
    parts: FlightParts,
    isDetached = false,
  ) {
    this.#task = task;
    this.#clock = clock;
    this.#limits = first.limits;
    this.#retry = first.retry;
    this.#parts = parts;
    this.#isDetached = isDetached;
    const onProgress = (value: unknown): void => {
      // A copy: a listener may make an equal call, which joins.
      for (const { call } of [...this.#callers]) if (call.onProgress !== undefined) callSafely(call.onProgress, value);
    };
    this.#execution = start({ signal: this.#controller.signal, onProgress });
    this.#execution.result
      .then(
        (result) => this.#settle(parts.completed(result)),
        (error: unknown) => this.#settle(parts.failed(error)),
      )
      // A fault of the cache itself must not leave its callers waiting.
      .catch((error: unknown) => this.#settle(({ reject }) => reject(error)));
  }

  /** Whether this execution retries as a call's own would. */
  serves({ retry }: CachedCall): boolean {
    const { attempts, on, baseMs, maxMs, maxRetryAfterMs, budget } = this.#retry;
    if (retry.attempts !== attempts) return false;
    if (attempts === 0) return true;
    const waitsAlike = retry.baseMs === baseMs && retry.maxMs === maxMs && retry.maxRetryAfterMs === maxRetryAfterMs;
    return waitsAlike && retry.on === on && retry.budget === budget;
  }

  /** Waits for the result, within the limits of this call. */
  join(call: CachedCall): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const nowMs = this.#clock.now();
      const caller: Caller = {
        call,
        sinceMs: nowMs,
        resolve,
        reject,
        unlisten: undefined,
        timer: undefined,
        isOver: false,
        triesLeft: call.retry.attempts,
        triedAtMs: nowMs,
      };
      const { signal } = call;
      if (signal !== undefined) {
        const cancel: Answer = ({ reject }) => reject(signal.reason);
        caller.unlisten = listen(signal, () => this.#leave(caller, signal.reason, cancel));
      }
      this.#callers.add(caller);
      this.#unwatched.add(caller);
      // A function of the program, such as the task's `key`, may have aborted it.
      if (signal?.aborted === true) {
        this.#leave(caller, signal.reason, ({ reject }) => reject(signal.reason));
        return;
      }
      // The terms of an execution without a caller are those of another call.
      if (this.#callers.size > 1 || this.#isDetached) this.#keepLimits(caller);
    });
  }

  /**
   * Keeps each caller to its own limits. A single caller's limits are the execution's, but others may have looser or tighter
   * ones.
   */
  #keepLimits(latest: Caller): void {
    const limits = loosest([this.#limits, latest.call.limits]);
    const isLooser = isTighter(this.#limits, limits);
    if (isLooser) this.#execution.loosen(limits);
    this.#limits = limits;
    // Each caller is watched from one time on. So ten thousand callers take ten thousand steps.
    for (const caller of isLooser ? [...this.#unwatched] : [latest]) {
      if (!isTighter(caller.call.limits, limits)) continue;
      this.#unwatched.delete(caller);
      this.#look(caller);
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
      const error = limitError(
        verdict.over,
        this.#task,
        call.limits,
        caller.sinceMs,
        { ...sight, startedAtMs: since },
        nowMs,
      );
      this.#leave(caller, error, this.#parts.over(error));
    }
  }

  #lookIn(caller: Caller, delayMs: number): void {
    if (delayMs < Infinity) caller.timer = this.#clock.after(delayMs, () => this.#look(caller));
  }

  #leave(caller: Caller, reason: unknown, answer: Answer): void {
    this.#forget(caller);
    answer(caller);
    if (this.#callers.size > 0 || this.#isDetached) return;
    this.#parts.abandoned();
    this.#controller.abort(reason);
  }

  #forget(caller: Caller): void {
    this.#callers.delete(caller);
    this.#unwatched.delete(caller);
    caller.unlisten?.();
    caller.timer?.cancel();
  }

  #settle(answer: Answer): void {
    for (const caller of [...this.#callers]) {
      this.#forget(caller);
      answer(caller);
    }
  }
}
