import type { SectionNode } from '../record/section-ledger.js';

/**
 * One section that is being timed. Self time is the time during which no section inside it is open. That also holds for children
 * that overlap: their union is subtracted once, and self time is never negative.
 */
export class OpenSection {
  /** Its name at the begin; it may be counted under another. */
  readonly name: string;
  readonly node: SectionNode;
  /** Undefined once either has ended: a section that begins itself anew by a timer would keep all before it. */
  parent: OpenSection | undefined;
  ended = false;
  readonly #startMs: number;
  #selfMs = 0;
  /** Time from which on it has had no open child. */
  #aloneSinceMs: number;
  #openChildren = 0;

  constructor(name: string, node: SectionNode, parent: OpenSection | undefined, nowMs: number) {
    this.name = name;
    this.node = node;
    this.#startMs = nowMs;
    this.#aloneSinceMs = nowMs;
    if (parent === undefined || parent.ended) return;
    this.parent = parent;
    parent.#childOpened(nowMs);
  }

  get hasOpenChildren(): boolean {
    return this.#openChildren > 0;
  }

  /** Ends it and records it. Children still open count for themselves from here on. */
  end(nowMs: number): void {
    this.ended = true;
    if (this.#openChildren === 0) this.#selfMs += nowMs - this.#aloneSinceMs;
    this.node.record(nowMs - this.#startMs, this.#selfMs);
    if (this.parent !== undefined) this.parent.#childEnded(nowMs);
    this.parent = undefined;
  }

  #childOpened(nowMs: number): void {
    if (this.#openChildren++ === 0) this.#selfMs += nowMs - this.#aloneSinceMs;
  }

  #childEnded(nowMs: number): void {
    if (--this.#openChildren === 0) this.#aloneSinceMs = nowMs;
  }
}
