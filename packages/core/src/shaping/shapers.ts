import type { Clock } from '../base/clock.js';
import type { ResolvedShaping } from '../contract/resolve-shaping.js';
import type { ShapingStats } from '../contract/shaping-options.js';
import { noCounts, toStats } from './counts.js';
import type { ShapedCall } from './shaped-caller.js';
import { Shaper } from './shaper.js';
import { MOST_KEYS, shapingKey } from './shaping-key.js';

export interface ShapersParts<R> {
  /** Name of the task, for errors. */
  readonly task: string;
  /** Path of the options, such as "tasks.search". */
  readonly path: string;
  readonly shaping: ResolvedShaping;
  readonly clock: Clock;
  copy(result: R): R;
  /** Keeps the program running until a promise has settled. */
  during(promise: Promise<R>): Promise<R>;
  readonly mostKeys?: number;
}

/** The calls of one task, shaped by key. */
export class Shapers<R> {
  readonly #parts: ShapersParts<R>;
  readonly #counts = noCounts();
  /** In the order of the latest call. */
  readonly #byKey = new Map<string | number, Shaper<R>>();
  /** Whether calls wait no longer. */
  #isClosing = false;
  #refusal: { readonly error: unknown } | undefined;

  constructor(parts: ShapersParts<R>) {
    this.#parts = parts;
  }

  /** The result of a call, or of the call that runs in its place. @throws ERR_OPTION as `shapingKey`; the error of `end` */
  call(input: unknown, call: ShapedCall<R>): Promise<R> {
    this.#refuseIfEnded();
    const { shaping, path, during } = this.#parts;
    const { key, rules } = shaping;
    const own = key === undefined ? '' : shapingKey(key, input, `${path}.${rules.what}.key`);
    // A key may have aborted the signal, or ended the pool.
    call.signal?.throwIfAborted();
    this.#refuseIfEnded();
    const shaper = this.#shaperOf(own);
    const promise = during(shaper.call(call));
    if (this.#isClosing) shaper.flush();
    return promise;
  }

  /** Runs what waits now. */
  flush(): void {
    for (const shaper of [...this.#byKey.values()]) shaper.flush();
  }

  /** Runs what waits, and each later call at once. */
  close(): void {
    this.#isClosing = true;
    this.flush();
  }

  /** Rejects what waits, and each later call. */
  end(error: unknown): void {
    this.#refusal ??= { error };
    for (const shaper of [...this.#byKey.values()]) shaper.end(error);
  }

  stats(): ShapingStats {
    return toStats(this.#counts);
  }

  #refuseIfEnded(): void {
    if (this.#refusal !== undefined) throw this.#refusal.error;
  }

  #shaperOf(key: string | number): Shaper<R> {
    const known = this.#byKey.get(key);
    if (known === undefined) this.#forget();
    else this.#byKey.delete(key);
    const { task, shaping, clock, copy } = this.#parts;
    const shaper = known ?? new Shaper({ task, shaping, clock, copy, counts: this.#counts });
    this.#byKey.set(key, shaper);
    return shaper;
  }

  /** Makes room for a further key: those at rest go, and then the one that was called longest ago. */
  #forget(): void {
    const { clock, mostKeys = MOST_KEYS } = this.#parts;
    const nowMs = clock.now();
    for (const [key, shaper] of this.#byKey) {
      if (!shaper.isAtRest(nowMs)) {
        if (this.#byKey.size < mostKeys) return;
        shaper.flush();
      }
      this.#byKey.delete(key);
    }
  }
}
