import { AsyncLocalStorage } from 'node:async_hooks';
import { BoundedNames } from '../base/bounded-names.js';
import { hostNowMs } from '../base/clock.js';
import { Histogram } from '../base/histogram.js';
import { isThenable } from '../base/is-thenable.js';
import type { SectionDelta } from '../contract/trace.js';

// A histogram is 5.6 KB, so all sections of a worker take some 6 MB at most.
/** Most names in one place: of one task, or within one section. Names made of data (`load ${file}`) have no end. */
const MOST_NAMES = 100;
/** Most sections of a worker, those called "(other)" aside. */
const MOST_SECTIONS = 500;
/** Sections nested deeper are counted as one. */
const MOST_DEPTH = 32;

/** An open section: its place in the tree, and the part of its time that was its own so far. */
interface OpenSection {
  readonly totals: SectionTotals;
  /** Undefined once the parent has ended: a section that restarts itself by a timer would keep all earlier ones. */
  parent: OpenSection | undefined;
  hasEnded: boolean;
  /** Sections open inside it now. */
  children: number;
  /** Time without open sections inside, ms, up to `aloneSince`. */
  selfMs: number;
  aloneSince: number;
}

interface SectionTotals {
  /** The path as text. */
  label: string;
  path: readonly string[];
  task: string;
  selfMs: number;
  readonly histogram: Histogram;
  /** Created for the first section inside it. */
  children: BoundedNames<SectionTotals> | undefined;
}

/**
 * Times the sections of all tasks of this worker. Sums are kept per task name and path, and leave with the results. A million
 * sections therefore cost no more memory than one. A million names cost no more than some hundred: the rest are counted as
 * "(other)".
 *
 * The open section follows its own async calls (AsyncLocalStorage), so parallel sections of one handler do not nest
 * by accident. On Node 20 the first section makes every later await of this worker somewhat slower. A worker without sections
 * pays nothing.
 */
export class SectionRecorder {
  #open: AsyncLocalStorage<OpenSection> | undefined;
  readonly #note: (path: string) => void;
  /** By the names of handlers. */
  readonly #byTask = new Map<string, BoundedNames<SectionTotals>>();
  readonly #places = { left: MOST_SECTIONS };
  readonly #dirty = new Set<SectionTotals>();

  /** @param note gets the path of the open section, each time that changes */
  constructor(note: (path: string) => void) {
    this.#note = note;
  }

  /** Whether there is something to report. */
  get dirty(): boolean {
    return this.#dirty.size > 0;
  }

  run<T>(task: string, name: string, fn: () => T): T {
    const open = (this.#open ??= new AsyncLocalStorage());
    const around = open.getStore();
    const parent = around?.hasEnded === true ? undefined : around;
    const begin = hostNowMs();
    const totals = this.#totals(task, around?.totals, name);
    const section: OpenSection = { totals, parent, hasEnded: false, children: 0, selfMs: 0, aloneSince: begin };
    if (parent !== undefined && parent.children++ === 0) parent.selfMs += begin - parent.aloneSince;
    this.#note(totals.label);
    let result: T;
    try {
      result = open.run(section, fn);
    } catch (error) {
      this.#end(section, begin);
      throw error;
    }
    if (!isThenable(result)) {
      this.#end(section, begin);
      return result;
    }
    // Ends before the caller's own continuation runs, because this one is attached first.
    return Promise.resolve(result).then(
      (value) => {
        this.#end(section, begin);
        return value;
      },
      (error: unknown) => {
        this.#end(section, begin);
        throw error;
      },
    ) as T;
  }

  /** Times recorded since the last call. */
  take(): SectionDelta[] {
    const deltas = [...this.#dirty].map((totals) => {
      const { path, task, selfMs, histogram } = totals;
      const { count, sum, min, max } = histogram;
      const counts = histogram.toCounts();
      totals.selfMs = 0;
      histogram.clear();
      return { path, task, count, totalMs: sum, selfMs, minMs: min, maxMs: max, counts, errors: 0, openMs: sum, peak: 1 };
    });
    this.#dirty.clear();
    return deltas;
  }

  #end(section: OpenSection, begin: number): void {
    const now = hostNowMs();
    const { totals, parent } = section;
    totals.histogram.record(now - begin);
    totals.selfMs += section.selfMs + (section.children === 0 ? now - section.aloneSince : 0);
    this.#dirty.add(totals);
    this.#note(parent?.totals.label ?? '');
    if (parent !== undefined && --parent.children === 0) parent.aloneSince = now;
    section.hasEnded = true;
    section.parent = undefined;
  }

  #totals(task: string, parent: SectionTotals | undefined, name: string): SectionTotals {
    if (parent === undefined) return this.#tableOf(task).get(String(name));
    const depth = parent.path.length;
    if (depth === MOST_DEPTH) return parent;
    parent.children ??= this.#table(task, parent.path);
    return depth === MOST_DEPTH - 1 ? parent.children.other : parent.children.get(String(name));
  }

  #tableOf(task: string): BoundedNames<SectionTotals> {
    let table = this.#byTask.get(task);
    if (table === undefined) this.#byTask.set(task, (table = this.#table(task, [])));
    return table;
  }

  #table(task: string, above: readonly string[]): BoundedNames<SectionTotals> {
    const make = (name: string): SectionTotals => {
      const path = [...above, name];
      return { label: path.join(' › '), path, task, selfMs: 0, histogram: new Histogram(), children: undefined };
    };
    return new BoundedNames(MOST_NAMES, make, this.#places);
  }
}
