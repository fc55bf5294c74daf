/** One try of a call, on its way through the steps around the function. */
export interface Try {
  readonly input: unknown;
  /** 1 for the first. */
  readonly attempt: number;
  /** Aborts when nothing waits for the call any more. */
  readonly signal: AbortSignal;
  /** Longest time of the try, ms. It may become longer meanwhile. */
  timeoutMs(): number;
  /** Notes that the function is called now. */
  begins(nowMs: number): void;
  /** Refuses a try that was admitted, and has waited since. Set by a step. */
  lookAgain: (() => void) | undefined;
  /** The end of the function itself, which may come after that of the try. Set when it is called. */
  end: Promise<unknown> | undefined;
}

export type TryFunction = (tried: Try) => Promise<unknown>;

/** A policy around each try. */
export type Step = (next: TryFunction) => TryFunction;

/** A function within steps, the outermost first. */
export function within(steps: readonly Step[], innermost: TryFunction): TryFunction {
  return steps.reduceRight((next, step) => step(next), innermost);
}

/** Calls back when the function of a try has ended, or at once if it was not called. */
export function whenEnded({ end }: Try, callback: () => void): void {
  if (end === undefined) callback();
  else end.then(callback, callback);
}
