import { listen } from '../base/abort-watch.js';
import type { Clock, Timer } from '../base/clock.js';

/** Terms of a run that its callers share. */
export interface RunTerms {
  /** Aborts when the last caller has gone. */
  readonly signal: AbortSignal;
  readonly onProgress: ((value: unknown) => void) | undefined;
}

/** A call, as its owner makes it. */
export interface ShapedCall<R> {
  readonly signal: AbortSignal | undefined;
  /** Latest time by which it must be done, on the clock of the shaper; Infinity for none. It may become later. */
  readonly deadlineMs: number;
  readonly onProgress: ((value: unknown) => void) | undefined;
  /** Makes its input independent of the caller, because the call has to wait. */
  hold(): void;
  /** Begins its run, for all calls that share it. */
  begin(terms: RunTerms): Promise<R>;
  /** The error of a call whose deadline has come. */
  overdue(): Error;
  /** Reports that it gets the end of another call's run, before it gets it. */
  superseded(): void;
}

/** A run, as a caller that waits for it leaves it. */
export interface AwaitedRun<R> {
  leave(caller: ShapedCaller<R>, reason: unknown): void;
}

/** The promise of one call, and what may end it before its run does: its signal, its deadline. */
export class ShapedCaller<R> {
  readonly call: ShapedCall<R>;
  readonly promise: Promise<R>;
  /** The run that it waits for; undefined while it waits for one to begin. */
  run: AwaitedRun<R> | undefined;
  readonly #clock: Clock;
  readonly #left: (caller: ShapedCaller<R>, reason: unknown) => void;
  readonly #unlisten: (() => void) | undefined;
  #resolve!: (value: R) => void;
  #reject!: (reason: unknown) => void;
  #timer: Timer | undefined;

  /** @param left called when it leaves by its signal or its deadline, before it rejects */
  constructor(call: ShapedCall<R>, clock: Clock, left: (caller: ShapedCaller<R>, reason: unknown) => void) {
    this.call = call;
    this.#clock = clock;
    this.#left = left;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const { signal } = call;
    this.#unlisten = signal === undefined ? undefined : listen(signal, () => this.#leave(signal.reason));
    this.#watchDeadline();
  }

  /** Leaves the deadline to the run. */
  forgetDeadline(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  resolve(value: R): void {
    this.#release();
    this.#resolve(value);
  }

  reject(reason: unknown): void {
    this.#release();
    this.#reject(reason);
  }

  #watchDeadline(): void {
    const { deadlineMs } = this.call;
    if (deadlineMs === Infinity) return;
    this.#timer = this.#clock.after(deadlineMs - this.#clock.now(), () => {
      if (this.call.deadlineMs > this.#clock.now()) this.#watchDeadline();
      else this.#leave(this.call.overdue());
    });
  }

  #leave(reason: unknown): void {
    this.#left(this, reason);
    this.reject(reason);
  }

  #release(): void {
    this.#unlisten?.();
    this.forgetDeadline();
  }
}
