import type { SectionDelta } from '@millpond/core';
import { BoundedNames, type Histogram, type Places, printable, SectionSums } from '@millpond/core/internal';

// A histogram is 5.6 KB, so this many sections are 5.6 MB. Names made of data (`load ${file}`) would grow without end.
const MOST_SECTIONS = 1000;
/** Most names in one place, so that names made of data leave room for others. */
const MOST_NAMES = 250;
/** Sections nested deeper are counted as one. */
const MOST_DEPTH = 32;
/** Most counters of one section; it is that of workers. */
const MOST_COUNTERS = 20;
/** Most workers that a section tells apart. Pools that recycle their workers have new ones without end. */
const MOST_WORKERS = 64;
/** Stands for the workers without a place. */
export const OTHER_WORKERS = 0;

/** Places for sections, as many as the ledgers that share them may take together. */
export function sectionPlaces(): Places {
  return { left: MOST_SECTIONS };
}

/** Measurements of one section: one name at one place in the nesting. Times in milliseconds. */
export interface MeasuredSection {
  readonly path: readonly string[];
  readonly sums: SectionSums;
  readonly byWorker: ReadonlyMap<number, { readonly count: number; readonly selfMs: number }>;
  /** Sums of what handlers counted in it. */
  counters(): Record<string, number>;
}

/** The sections of one side, of the whole time or of a window of it. */
export interface MeasuredSections {
  /** Stands for the task name itself; undefined if nothing was counted there. */
  readonly itself: MeasuredSection | undefined;
  /** Every section that has been timed at least once, or has a counter, outermost first. */
  nodes(): Iterable<MeasuredSection>;
}

/** A section that is being measured. */
export class SectionNode implements MeasuredSection {
  readonly path: readonly string[];
  /** Since the latest window began, or of all time without one. */
  readonly sums = new SectionSums();
  /** Of the windows before; undefined without any. */
  #past: SectionSums | undefined;
  readonly children: BoundedNames<SectionNode>;
  readonly byWorker = new Map<number, { count: number; selfMs: number }>();
  #counters: BoundedNames<{ readonly name: string; sum: number }> | undefined;

  constructor(path: readonly string[], places: Places) {
    this.path = path;
    const make = (name: string): SectionNode => new SectionNode([...path, printable(name)], places);
    this.children = new BoundedNames(MOST_NAMES, make, places);
  }

  merge(delta: SectionDelta, workerId: number): void {
    const { count, totalMs, minMs, maxMs, counts } = delta;
    this.sums.merge({ ...delta, durations: { count, sum: totalMs, min: minMs, max: maxMs, counts } });
    const worker = this.#workerOf(workerId);
    worker.count += count;
    worker.selfMs += delta.selfMs;
    if (delta.counters !== undefined) this.#count(delta.counters);
  }

  /** Its sums of all time. */
  get ofAllTime(): SectionSums {
    if (this.#past === undefined) return this.sums;
    const all = new SectionSums();
    addTo(all, this.#past);
    addTo(all, this.sums);
    return all;
  }

  beginWindow(nowMs: number): void {
    addTo((this.#past ??= new SectionSums()), this.sums, nowMs);
    this.sums.restart(nowMs);
    for (const child of this.children.values()) child.beginWindow(nowMs);
  }

  counters(): Record<string, number> {
    return Object.fromEntries(Array.from(this.#counters?.values() ?? [], ({ name, sum }) => [name, sum]));
  }

  get hasCounters(): boolean {
    return this.#counters !== undefined;
  }

  #count(counters: Readonly<Record<string, number>>): void {
    const own = (this.#counters ??= new BoundedNames(MOST_COUNTERS, (name) => ({ name, sum: 0 })));
    for (const [name, n] of Object.entries(counters)) own.get(name).sum += n;
  }

  #workerOf(workerId: number): { count: number; selfMs: number } {
    const known = this.byWorker.get(workerId);
    if (known !== undefined) return known;
    if (this.byWorker.size >= MOST_WORKERS - 1 && workerId !== OTHER_WORKERS) return this.#workerOf(OTHER_WORKERS);
    const made = { count: 0, selfMs: 0 };
    this.byWorker.set(workerId, made);
    return made;
  }
}

/** The tree of sections of one side: the parent, or one task name in all workers. Sections without a place are "(other)". */
export class SectionLedger implements MeasuredSections {
  /** Stands for the task name itself: it has the counters that belong to no section. */
  readonly root: SectionNode;

  constructor(places: Places = sectionPlaces()) {
    this.root = new SectionNode([], places);
  }

  /** The section `name` inside `parent`, or outermost; a new one is made. */
  child(parent: SectionNode | undefined, name: string): SectionNode {
    const above = parent ?? this.root;
    const depth = above.path.length;
    if (depth === MOST_DEPTH) return above;
    return depth === MOST_DEPTH - 1 ? above.children.other : above.children.get(name);
  }

  /** Adds the sections that a worker reports. */
  merge(delta: SectionDelta, workerId = OTHER_WORKERS): void {
    let node = this.root;
    for (const name of delta.path) node = this.child(node, name);
    node.merge(delta, workerId);
  }

  get itself(): MeasuredSection | undefined {
    return this.root.hasCounters ? this.root : undefined;
  }

  nodes(): Iterable<MeasuredSection> {
    return measuredBelow(this.root, (node) => node.ofAllTime);
  }

  /** What is measured from now on, up to the next call. Calls that are open now count in it when they end. */
  beginWindow(nowMs: number): MeasuredSections {
    this.root.beginWindow(nowMs);
    return { itself: undefined, nodes: () => measuredBelow(this.root, (node) => node.sums) };
  }
}

function* measuredBelow(node: SectionNode, sumsOf: (node: SectionNode) => SectionSums): Iterable<MeasuredSection> {
  for (const child of node.children.values()) {
    const sums = sumsOf(child);
    if (sums.durations.count > 0 || child.hasCounters) {
      yield { path: child.path, sums, byWorker: child.byWorker, counters: () => child.counters() };
    }
    yield* measuredBelow(child, sumsOf);
  }
}

/** @param nowMs up to which calls that are open count as such */
export function addTo(into: SectionSums, part: SectionSums, nowMs?: number): void {
  const openMs = nowMs === undefined ? part.openMs : part.openMsAt(nowMs);
  into.merge({ ...part, openMs, durations: plain(part.durations) });
}

function plain(histogram: Histogram): Parameters<Histogram['merge']>[0] {
  const { count, sum, min, max } = histogram;
  return { count, sum, min, max, counts: histogram.toCounts() };
}
