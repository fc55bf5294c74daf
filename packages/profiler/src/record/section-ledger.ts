import type { SectionDelta } from '@millpond/core';
import { BoundedNames, Histogram, type Places } from '@millpond/core/internal';

// A histogram is 5.6 KB, so this many sections are 5.6 MB. Names made of data (`load ${file}`) would grow without end.
const MOST_SECTIONS = 1000;
/** Most names in one place, so that names made of data leave room for others. */
const MOST_NAMES = 250;
/** Sections nested deeper are counted as one. */
const MOST_DEPTH = 32;

/** Places for sections, as many as the ledgers that share them may take together. */
export function sectionPlaces(): Places {
  return { left: MOST_SECTIONS };
}

/** Measurements of one section: one name at one place in the nesting. Times in milliseconds. */
export class SectionNode {
  readonly path: readonly string[];
  /** Total times, children included. */
  readonly durations = new Histogram();
  /** Time without any child open. */
  selfMs = 0;
  readonly children: BoundedNames<SectionNode>;

  constructor(path: readonly string[], places: Places) {
    this.path = path;
    this.children = new BoundedNames(MOST_NAMES, (name) => new SectionNode([...path, name], places), places);
  }

  record(totalMs: number, selfMs: number): void {
    this.durations.record(totalMs);
    this.selfMs += Math.max(0, selfMs);
  }

  merge(delta: SectionDelta): void {
    this.durations.merge({
      count: delta.count,
      sum: delta.totalMs,
      min: delta.minMs,
      max: delta.maxMs,
      counts: delta.counts,
    });
    this.selfMs += delta.selfMs;
  }
}

/** The tree of sections of one side: the parent, or one task name in all workers. Sections without a place are "(other)". */
export class SectionLedger {
  readonly #root: SectionNode;

  constructor(places: Places = sectionPlaces()) {
    this.#root = new SectionNode([], places);
  }

  /** The section `name` inside `parent`, or outermost; a new one is made. */
  child(parent: SectionNode | undefined, name: string): SectionNode {
    const above = parent ?? this.#root;
    const depth = above.path.length;
    if (depth === MOST_DEPTH) return above;
    return depth === MOST_DEPTH - 1 ? above.children.other : above.children.get(name);
  }

  /** Adds the sections that a worker reports. */
  merge(delta: SectionDelta): void {
    let node: SectionNode | undefined;
    for (const name of delta.path) node = this.child(node, name);
    node?.merge(delta);
  }

  /** Every section that has been timed at least once, outermost first. */
  nodes(): Iterable<SectionNode> {
    return timedBelow(this.#root);
  }
}

function* timedBelow(node: SectionNode): Iterable<SectionNode> {
  for (const child of node.children.values()) {
    if (child.durations.count > 0) yield child;
    yield* timedBelow(child);
  }
}
