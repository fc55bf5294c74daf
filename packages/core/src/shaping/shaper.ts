import type { Clock, Timer } from '../base/clock.js';
import { PoolError } from '../contract/errors.js';
import type { ResolvedShaping } from '../contract/resolve-shaping.js';
import type { ShapingCounts } from './counts.js';
import { dueAtMs, isAnswered, restsFromMs } from './due.js';
import { type ShapedCall, ShapedCaller } from './shaped-caller.js';
import { SharedRun } from './shared-run.js';

export interface ShaperParts<R> {
  /** Name of the task, for errors. */
  readonly task: string;
  readonly shaping: ResolvedShaping;
  readonly clock: Clock;
  readonly counts: ShapingCounts;
  /** A copy of a result for a further caller. */
  copy(result: R): R;
}

/**
 * Runs few of many calls: of those that wait together, only the latest that has not left. It has one timer, which looks again if
 * the due time has moved.
 */
export class Shaper<R> {
  readonly #parts: ShaperParts<R>;
  /** In the order of their calls. A set, because all of them may leave by one signal. */
  readonly #waiting = new Set<ShapedCaller<R>>();
  #firstAtMs = 0;
  #dueAtMs = 0;
  #ranAtMs = -Infinity;
  /** The latest run, where it answers later calls. */
  #latest: SharedRun<R> | undefined;
  #timer: Timer | undefined;

  constructor(parts: ShaperParts<R>) {
    this.#parts = parts;
  }

  /** Whether a new shaper would do the same from now on. */
  isAtRest(nowMs: number): boolean {
    return this.#waiting.size === 0 && restsFromMs(this.#parts.shaping.rules, this.#ranAtMs) <= nowMs;
  }

  call(call: ShapedCall<R>): Promise<R> {
    const { shaping, clock, counts } = this.#parts;
    const nowMs = clock.now();
    counts.calls++;
    const caller = new ShapedCaller(call, clock, (left, reason) => this.#left(left, reason));
    const latest = isAnswered(shaping.rules, this.#ranAtMs, nowMs) ? this.#latest : undefined;
    // Nothing is known of a run whose callers have all gone. The call then waits for its time.
    if (latest === undefined || latest.isAbandoned) this.#wait(caller, nowMs);
    else this.#answer(caller, latest);
    return caller.promise;
  }

  /** Runs what waits now. */
  flush(): void {
    if (this.#waiting.size > 0) this.#run();
  }

  /** Rejects what waits. */
  end(error: unknown): void {
    for (const caller of this.#taken()) caller.reject(error);
  }

  #answer(caller: ShapedCaller<R>, latest: SharedRun<R>): void {
    if (this.#parts.shaping.superseded === 'reject') {
      this.#refuse(caller);
      return;
    }
    this.#parts.counts.superseded++;
    latest.join(caller);
  }

  #wait(caller: ShapedCaller<R>, nowMs: number): void {
    const { rules, superseded } = this.#parts.shaping;
    if (this.#waiting.size === 0) this.#firstAtMs = nowMs;
    else if (superseded === 'reject') {
      for (const earlier of this.#waiting) this.#refuse(earlier);
      this.#waiting.clear();
    }
    this.#waiting.add(caller);
    this.#dueAtMs = dueAtMs(rules, { firstAtMs: this.#firstAtMs, lastAtMs: nowMs, ranAtMs: this.#ranAtMs });
    if (this.#dueAtMs <= nowMs) {
      this.#run();
      return;
    }
    caller.call.hold();
    this.#timer ??= this.#lookAt(this.#dueAtMs, nowMs);
  }

  #refuse(caller: ShapedCaller<R>): void {
    const { counts, task } = this.#parts;
    counts.superseded++;
    caller.reject(new PoolError('ERR_SUPERSEDED', { task }));
  }

  #lookAt(atMs: number, nowMs: number): Timer {
    return this.#parts.clock.after(atMs - nowMs, () => this.#look());
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#waiting.size === 0) return;
    const nowMs = this.#parts.clock.now();
    if (this.#dueAtMs > nowMs) this.#timer = this.#lookAt(this.#dueAtMs, nowMs);
    else this.#run();
  }

  #run(): void {
    const { shaping, clock, counts, copy } = this.#parts;
    const callers = this.#taken();
    const runner = callers.at(-1);
    if (runner === undefined) return;
    this.#ranAtMs = clock.now();
    counts.ran++;
    counts.superseded += callers.length - 1;
    const isKept = shaping.rules.what === 'throttle' && !shaping.rules.trailing;
    const run = new SharedRun(callers, runner, { copy, isKept });
    this.#latest = isKept ? run : undefined;
  }

  /** The call before one that leaves is then the latest. */
  #left(caller: ShapedCaller<R>, reason: unknown): void {
    if (!this.#waiting.delete(caller)) caller.run?.leave(caller, reason);
    else if (this.#waiting.size === 0) this.#stopTimer();
  }

  #taken(): ShapedCaller<R>[] {
    const callers = [...this.#waiting];
    this.#waiting.clear();
    this.#stopTimer();
    return callers;
  }

  #stopTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
