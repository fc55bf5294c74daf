import type { SectionDelta } from '@millpond/core';
import { Histogram } from '@millpond/core/internal';

// A histogram is 5.6 KB, so this many sections are 5.6 MB. Names made of data (`load ${file}`) would grow without end.
const MAX_SECTIONS = 1000;
/** Where sections beyond the 1,000th are counted together. */
export const OVERFLOW_NAME = '(more sections)';

/** Everything known of one section: one name at one place in the nesting. Times in milliseconds. */
export class SectionNode {
  readonly path: readonly string[];
  /** Total times, children included. */
  readonly durations = new Histogram();
  /** Time without any child open. */
  selfMs = 0;
  readonly children = new Map<string, SectionNode>();

  constructor(path: readonly string[]) {
    this.path = path;
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

/** The tree of sections of one side: the parent, or one task name in all workers. */
export class SectionLedger {
  readonly #root = new SectionNode([]);
  readonly #overflow = new SectionNode([OVERFLOW_NAME]);
  #size = 0;

  /** The section `name` inside `parent`, or outermost; made when it is new. */
  child(parent: SectionNode | undefined, name: string): SectionNode {
    const above = parent ?? this.#root;
    if (above === this.#overflow) return above;
    const known = above.children.get(name);
    if (known !== undefined) return known;
    if (this.#size >= MAX_SECTIONS) return this.#overflow;
    const node = new SectionNode([...above.path, name]);
    above.children.set(name, node);
    this.#size++;
    return node;
  }

  /** Adds what a worker reports. */
  merge(delta: SectionDelta): void {
    let node: SectionNode | undefined;
    for (const name of delta.path) node = this.child(node, name);
    node?.merge(delta);
  }

  /** Every section that has been timed at least once, outermost first. */
  *nodes(): Iterable<SectionNode> {
    yield* timedBelow(this.#root);
    if (this.#overflow.durations.count > 0) yield this.#overflow;
  }
}

function* timedBelow(node: SectionNode): Iterable<SectionNode> {
  for (const child of node.children.values()) {
    if (child.durations.count > 0) yield child;
    yield* timedBelow(child);
  }
}
