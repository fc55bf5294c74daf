import type { SharedResult, SharedTask } from '../backend/backend.js';
import type { KeepAlive } from '../backend/keep-alive.js';
import type { Clock } from '../base/clock.js';
import type { CallTerms } from '../contract/call-terms.js';
import type { ResolvedShaping } from '../contract/resolve-shaping.js';
import type { ShapingStats } from '../contract/shaping-options.js';
import { ShapedTask } from './shaped-task.js';
import { Shapers } from './shapers.js';

/** How a pool ends its waiting calls. */
export interface ShapingEnd {
  /** Runs what waits, and each later call at once. */
  close(): void;
  /** Rejects what waits, and each later call. */
  end(error: unknown): void;
  /** Frees what kept the program running. */
  stop(): void;
}

/** A call to be shaped. */
export interface CallToShape {
  readonly name: string;
  /** Calls with the same label are shaped together. */
  readonly label: string;
  readonly path: string;
  readonly shaping: ResolvedShaping;
  readonly input: unknown;
  readonly terms: CallTerms;
  readonly superseded: (() => void) | undefined;
  start(input: unknown, terms: CallTerms): SharedTask;
}

/** The calls of throttled and debounced tasks. Only names with settings of their own take part, so they are bounded. */
export class ShapedCalls implements ShapingEnd {
  readonly #copy: (value: unknown) => unknown;
  readonly #byLabel = new Map<string, Shapers<SharedResult>>();
  readonly #keepAlive: KeepAlive;
  readonly #clock: Clock;
  #isClosing = false;

  /**
   * @param copy copies inputs of calls that wait, and results that several calls share
   * @param keepAlive keeps the program running while calls wait
   */
  constructor(copy: (value: unknown) => unknown, keepAlive: KeepAlive, clock: Clock) {
    this.#copy = copy;
    this.#keepAlive = keepAlive;
    this.#clock = clock;
  }

  /** @throws as `Shapers.call` */
  start(call: CallToShape): SharedTask {
    return new ShapedTask({ ...call, shapers: this.#shapersOf(call), copy: this.#copy, clock: this.#clock });
  }

  /** Runs what waits of a label, or all. */
  flush(label: string | undefined): void {
    for (const [each, shapers] of this.#byLabel) if (label === undefined || each === label) shapers.flush();
  }

  close(): void {
    this.#isClosing = true;
    for (const shapers of this.#byLabel.values()) shapers.close();
  }

  end(error: unknown): void {
    for (const shapers of this.#byLabel.values()) shapers.end(error);
  }

  stop(): void {
    this.#keepAlive.stop();
  }

  stats(): { [task: string]: ShapingStats } | undefined {
    if (this.#byLabel.size === 0) return undefined;
    // A task may have any name, even "__proto__", so the object inherits nothing.
    const byTask = Object.create(null) as { [task: string]: ShapingStats };
    for (const [label, shapers] of this.#byLabel) byTask[label] = shapers.stats();
    return byTask;
  }

  #shapersOf({ name, label, path, shaping }: CallToShape): Shapers<SharedResult> {
    const known = this.#byLabel.get(label);
    if (known !== undefined) return known;
    const shapers = new Shapers<SharedResult>({
      task: name,
      path,
      shaping,
      clock: this.#clock,
      copy: ({ value, costMs }) => ({ value: this.#copy(value), costMs }),
      during: (promise) => this.#keepAlive.during(promise),
    });
    this.#byLabel.set(label, shapers);
    if (this.#isClosing) shapers.close();
    return shapers;
  }
}
