import type { MemoryMark } from './memory-meter.js';
import type { SectionSums } from './section-sums.js';

/**
 * One call of a section that is being timed. Its self time is the time during which no section inside it is open. That also holds for
 * children that overlap: their union is subtracted once, and self time is never negative.
 *
 * @typeParam N its place in a tree of sections
 */
export class OpenSection<N extends { readonly sums: SectionSums } = { readonly sums: SectionSums }> {
  readonly node: N;
  readonly beganMs: number;
  /** Undefined once either has ended: a section that begins itself anew by a timer would keep all before it. */
  parent: OpenSection<N> | undefined;
  hasEnded = false;
  /** Memory at its begin, if that is measured. */
  memory: MemoryMark | undefined;
  #selfMs = 0;
  /** Self time up to the return of its function. Undefined while that runs, and if the section is ended by hand. */
  #calledMs: number | undefined;
  /** Time from which on it has had no open child. */
  #aloneSinceMs: number;
  #openChildren = 0;

  constructor(node: N, parent: OpenSection<N> | undefined, nowMs: number) {
    this.node = node;
    this.beganMs = nowMs;
    this.#aloneSinceMs = nowMs;
    node.sums.opened(nowMs);
    if (parent === undefined || parent.hasEnded) return;
    this.parent = parent;
    parent.#childOpened(nowMs);
  }

  get hasOpenChildren(): boolean {
    return this.#openChildren > 0;
  }

  /** Its function has returned. What comes after that was awaited, or ran in continuations. */
  returned(nowMs: number): void {
    this.#calledMs = this.#selfMs + (this.#openChildren === 0 ? nowMs - this.#aloneSinceMs : 0);
  }

  /** Ends it, and records it. Children that are open count for themselves from here on. Returns its duration. */
  end(nowMs: number, hasFailed: boolean): number {
    this.hasEnded = true;
    if (this.#openChildren === 0) this.#selfMs += nowMs - this.#aloneSinceMs;
    const totalMs = nowMs - this.beganMs;
    const { sums } = this.node;
    sums.closed(nowMs, totalMs, this.#selfMs, hasFailed);
    if (this.#calledMs !== undefined) sums.divided(this.#calledMs, this.#selfMs - this.#calledMs);
    if (this.parent !== undefined) this.parent.#childEnded(nowMs);
    this.parent = undefined;
    return totalMs;
  }

  #childOpened(nowMs: number): void {
    if (this.#openChildren++ === 0) this.#selfMs += nowMs - this.#aloneSinceMs;
  }

  #childEnded(nowMs: number): void {
    if (--this.#openChildren === 0) this.#aloneSinceMs = nowMs;
  }
}
