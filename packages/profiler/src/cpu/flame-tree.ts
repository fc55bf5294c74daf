import type { FlameGraph } from '../model/cpu.js';
import { FlameTimes } from './flame-times.js';

/** A place as reports show it. */
export interface Place {
  functionName: string;
  /** '' for code of Node or V8. */
  file: string;
  line: number;
  column: number;
}

/** Samples added up by call path. It is a tree of bounded size: deeper paths beyond the bound count for their callers. */
export class FlameTree {
  readonly parent: number[] = [-1];
  readonly frame: number[];
  readonly selfMs: number[] = [0];
  readonly #most: number;
  readonly #times: FlameTimes;
  /** Children by parent and frame. */
  readonly #children = new Map<number, number>();

  /** @param rootFrame frame of the root @param most largest number of nodes */
  constructor(rootFrame: number, most: number) {
    this.frame = [rootFrame];
    this.#most = most;
    this.#times = new FlameTimes(most);
  }

  get size(): number {
    return this.parent.length;
  }

  /** The node of a call from another node; that node itself if there is no more room. */
  child(parent: number, frame: number): number {
    // Both are below 2 ** 20.
    const key = parent * 2 ** 20 + frame;
    const known = this.#children.get(key);
    if (known !== undefined) return known;
    if (this.parent.length >= this.#most) return parent;
    this.#children.set(key, this.parent.length);
    this.frame.push(frame);
    this.selfMs.push(0);
    return this.parent.push(parent) - 1;
  }

  /** @param atMs since the begin of the run */
  add(node: number, atMs: number, ms: number): void {
    this.selfMs[node] = (this.selfMs[node] ?? 0) + ms;
    this.#times.add(node, atMs, ms);
  }

  /** The tree as reports have it, with a table of its own frames. */
  toGraph(placeOf: (frame: number) => Place): FlameGraph {
    const numbers = new Map<number, number>();
    const frames: FlameGraph['frames'] = [];
    const frame = this.frame.map((each) => {
      const known = numbers.get(each);
      if (known !== undefined) return known;
      const { functionName, file, line } = placeOf(each);
      numbers.set(each, frames.length);
      return frames.push({ functionName, file, line }) - 1;
    });
    return { frames, parent: [...this.parent], frame, selfMs: [...this.selfMs], times: this.#times.toColumns() };
  }
}
