import { BoundedNames, type Places } from '../base/bounded-names.js';
import { printable } from '../base/printable.js';
import { SectionSums } from '../base/section-sums.js';
import type { SectionDelta } from '../contract/trace.js';

// A histogram is 5.6 KB, so all sections of a worker take some 6 MB at most.
/** Most names in one place: of one task, or within one section. Names made of data (`load ${file}`) have no end. */
const MOST_NAMES = 100;
/** Most sections of a worker, those called "(other)" aside. */
const MOST_SECTIONS = 500;
/** Sections nested deeper are counted as one. */
const MOST_DEPTH = 32;
/** Most counters of one section, and of a worker, those called "(other)" aside. */
const MOST_COUNTERS = 20;
const MOST_COUNTERS_IN_ALL = 2000;

interface Counter {
  readonly name: string;
  sum: number;
  isDirty: boolean;
}

interface Bounds {
  readonly sections: Places;
  readonly counters: Places;
}

/** Sums of one section of one task name, or, with an empty path, of what belongs to the task itself. */
export class SectionTotals {
  readonly task: string;
  readonly path: readonly string[];
  /** The path as text. */
  readonly label: string;
  readonly sums = new SectionSums();
  readonly #bounds: Bounds;
  /** Created for the first section inside it. */
  #children: BoundedNames<SectionTotals> | undefined;
  #counters: BoundedNames<Counter> | undefined;

  constructor(task: string, path: readonly string[], bounds: Bounds) {
    this.task = task;
    this.path = path;
    this.label = path.join(' › ');
    this.#bounds = bounds;
  }

  /** The section of this name inside it. */
  child(name: string): SectionTotals {
    const depth = this.path.length;
    if (depth === MOST_DEPTH) return this;
    const children = (this.#children ??= new BoundedNames(
      MOST_NAMES,
      (own) => new SectionTotals(this.task, [...this.path, printable(own)], this.#bounds),
      this.#bounds.sections,
    ));
    return depth === MOST_DEPTH - 1 ? children.other : children.get(name);
  }

  /** Adds to a counter. Returns whether the sum is a finite number; otherwise it stays as it was. */
  count(name: string, n: number): boolean {
    const counters = (this.#counters ??= new BoundedNames<Counter>(
      MOST_COUNTERS,
      (own) => ({ name: printable(own), sum: 0, isDirty: false }),
      this.#bounds.counters,
    ));
    const counter = counters.get(name);
    const sum = counter.sum + n;
    if (!Number.isFinite(sum)) return false;
    counter.sum = sum;
    counter.isDirty = true;
    return true;
  }

  /** What it has summed since the last call. */
  take(nowMs: number): SectionDelta {
    const { path, task, sums } = this;
    const { durations, selfMs, calledMs, awaitedMs, squares, errors, memory, peak } = sums;
    const { count, sum, min, max } = durations;
    const counts = durations.toCounts();
    const openMs = sums.openMsAt(nowMs);
    sums.restart(nowMs);
    const times = { count, totalMs: sum, selfMs, calledMs, awaitedMs, minMs: min, maxMs: max, squares, counts };
    return { path, task, ...times, errors, memory, counters: this.#takeCounters(), openMs, peak };
  }

  #takeCounters(): Record<string, number> | undefined {
    if (this.#counters === undefined) return undefined;
    const taken: [string, number][] = [];
    for (const counter of this.#counters.values()) {
      if (!counter.isDirty) continue;
      taken.push([counter.name, counter.sum]);
      counter.sum = 0;
      counter.isDirty = false;
    }
    return taken.length === 0 ? undefined : Object.fromEntries(taken);
  }
}

/** The sections of all tasks of one worker. */
export class SectionTable {
  /** By the names of handlers. */
  readonly #byTask = new Map<string, SectionTotals>();
  readonly #bounds: Bounds = { sections: { left: MOST_SECTIONS }, counters: { left: MOST_COUNTERS_IN_ALL } };

  of(task: string): SectionTotals {
    let root = this.#byTask.get(task);
    if (root === undefined) this.#byTask.set(task, (root = new SectionTotals(task, [], this.#bounds)));
    return root;
  }
}
