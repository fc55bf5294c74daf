import { callSafely } from '../base/call-safely.js';
import { AbortController } from '../base/natives.js';
import type { AwaitedRun, RunTerms, ShapedCaller } from './shaped-caller.js';

export interface SharedRunParts<R> {
  /** A copy for a further caller, so that no caller changes what another one has. */
  copy(result: R): R;
  /** Whether further calls may join after its end. */
  isKept: boolean;
}

/** One run, and the calls that wait for its end. A call that leaves does not end it for the others. */
export class SharedRun<R> implements AwaitedRun<R> {
  readonly #parts: SharedRunParts<R>;
  readonly #runner: ShapedCaller<R>;
  readonly #controller = new AbortController();
  readonly #callers = new Set<ShapedCaller<R>>();
  readonly #result: Promise<R>;
  #isOver = false;
  #isAbandoned = false;

  /** Begins the run of the last of these calls, with its terms. */
  constructor(callers: readonly ShapedCaller<R>[], runner: ShapedCaller<R>, parts: SharedRunParts<R>) {
    this.#parts = parts;
    this.#runner = runner;
    runner.forgetDeadline();
    // Before the begin, which may run code of the program: what leaves then leaves this run.
    for (const caller of callers) this.#admit(caller);
    const wantsProgress = callers.some(({ call }) => call.onProgress !== undefined);
    this.#result = begun(runner, {
      signal: this.#controller.signal,
      onProgress: wantsProgress ? (value) => this.#onProgress(value) : undefined,
    });
    const over = (): void => void (this.#isOver = true);
    this.#result.then(over, over);
    for (const caller of callers) this.#follow(caller);
  }

  /** Whether the last caller has gone before the end. */
  get isAbandoned(): boolean {
    return this.#isAbandoned;
  }

  /** Lets a further call wait for the end of this run. */
  join(caller: ShapedCaller<R>): void {
    this.#admit(caller);
    this.#follow(caller);
  }

  #admit(caller: ShapedCaller<R>): void {
    caller.run = this;
    this.#callers.add(caller);
  }

  #follow(caller: ShapedCaller<R>): void {
    const isRunner = caller === this.#runner;
    const { copy, isKept } = this.#parts;
    this.#result.then(
      (result) => {
        if (this.#ends(caller)) caller.resolve(isRunner && !isKept ? result : copy(result));
      },
      (error: unknown) => {
        if (this.#ends(caller)) caller.reject(error);
      },
    );
  }

  leave(caller: ShapedCaller<R>, reason: unknown): void {
    this.#callers.delete(caller);
    if (this.#callers.size > 0 || this.#isOver) return;
    this.#isAbandoned = true;
    this.#controller.abort(reason);
  }

  /** @returns whether the call has waited until now */
  #ends(caller: ShapedCaller<R>): boolean {
    const isHere = this.#callers.delete(caller);
    if (isHere && caller !== this.#runner) caller.call.superseded();
    return isHere;
  }

  #onProgress(value: unknown): void {
    for (const { call } of this.#callers) if (call.onProgress !== undefined) callSafely(call.onProgress, value);
  }
}

/** A refused run ends like one that failed: its callers wait for a promise. */
function begun<R>({ call }: ShapedCaller<R>, terms: RunTerms): Promise<R> {
  try {
    return call.begin(terms);
  } catch (error) {
    return Promise.reject(error);
  }
}
