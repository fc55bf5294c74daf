import { KeepAlive } from '../backend/keep-alive.js';
import { callSafely } from '../base/call-safely.js';
import { type Clock, systemClock, type Timer } from '../base/clock.js';
import { wrongArgument } from '../contract/arguments.js';
import { checkShape, ownOptions } from '../contract/checks.js';
import { COALESCE } from '../contract/option-shapes.js';
import type { Coalesced, CoalesceOptions } from '../contract/shaping-options.js';
import { noCounts, toStats } from './counts.js';
import { MOST_KEYS, shapingKey } from './shaping-key.js';

/** One for the program: values have no pool that would end with them. */
const keepAlive = new KeepAlive();

/**
 * Gathers values of a program for its display or its log, and applies the latest ones together. The first value of a burst waits
 * for `everyMs`. Then `apply` gets the latest value of each key, in the order in which the keys came. It needs no pool.
 *
 * A program with values that wait keeps running until they are applied, so the last value always is. `process.exit()` does not
 * wait: call `flush()` first. What `apply` throws becomes an uncaught exception of the program, and a promise that it returns is
 * not awaited. Later values are applied all the same.
 *
 * ```ts
 * const show = coalesce({ everyMs: 50, key: (file: Status) => file.path }, (files) => redraw(files));
 * for await (const status of statuses) show(status);
 * ```
 *
 * @throws ERR_OPTION for wrong arguments
 */
export function coalesce<T>(options: CoalesceOptions<T>, apply: (values: T[]) => unknown): Coalesced<T> {
  return coalesceBy(systemClock, options, apply);
}

/** @internal The same with another clock. */
export function coalesceBy<T>(
  clock: Clock,
  options: CoalesceOptions<T>,
  apply: (values: T[]) => unknown,
): Coalesced<T> {
  checkShape(options, COALESCE);
  if (options.everyMs === undefined) throw wrongArgument('options', 'an object with everyMs', options);
  if (typeof apply !== 'function') throw wrongArgument('apply', 'a function', apply);
  const own = new Coalescer(clock, ownOptions(options, COALESCE), apply);
  return Object.assign((value: T): void => own.take(value), {
    flush: () => own.flush(),
    stop: () => own.stop(),
    stats: () => toStats(own.counts),
    [Symbol.dispose]: () => {
      own.flush();
      own.stop();
    },
  });
}

class Coalescer<T> {
  readonly counts = noCounts();
  readonly #clock: Clock;
  readonly #options: CoalesceOptions<T>;
  readonly #apply: (values: T[]) => unknown;
  #waiting = new Map<string | number, T>();
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(clock: Clock, options: CoalesceOptions<T>, apply: (values: T[]) => unknown) {
    this.#clock = clock;
    this.#options = options;
    this.#apply = apply;
  }

  take(value: T): void {
    if (this.#isStopped) return;
    const { key, everyMs } = this.#options;
    const own = key === undefined ? '' : shapingKey(key, value, 'coalesce.key');
    this.counts.calls++;
    if (this.#waiting.has(own)) this.counts.superseded++;
    else if (this.#waiting.size === 0) keepAlive.ref();
    this.#waiting.set(own, value);
    if (this.#waiting.size >= MOST_KEYS) this.flush();
    else this.#timer ??= this.#clock.after(everyMs, () => this.flush());
  }

  flush(): void {
    this.#stopTimer();
    if (this.#waiting.size === 0) return;
    const values = [...this.#waiting.values()];
    // Another table: apply() may give further values, which wait for their own time.
    this.#waiting = new Map();
    keepAlive.unref();
    this.counts.ran += values.length;
    callSafely(this.#apply, values);
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#waiting.size > 0) keepAlive.unref();
    this.#waiting.clear();
    this.#stopTimer();
  }

  #stopTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
