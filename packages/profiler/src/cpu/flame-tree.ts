import type { FlameGraph } from '../model/cpu.js';

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
  /** Children by parent and frame. */
  readonly #children = new Map<number, number>();

  /** @param rootFrame frame of the root @param most largest number of nodes */
  constructor(rootFrame: number, most: number) {
    this.frame = [rootFrame];
    this.#most = most;
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

  add(node: number, ms: number): void {
    this.selfMs[node] = (this.selfMs[node] ?? 0) + ms;
  }

  /** Adds all of another tree over the same frames. */
  merge(other: FlameTree): void {
    const mine: number[] = [];
    for (let node = 0; node < other.size; node++) {
      const parent = other.parent[node] ?? -1;
      const own = parent < 0 ? 0 : this.child(mine[parent] ?? 0, other.frame[node] ?? 0);
      mine[node] = own;
      this.add(own, other.selfMs[node] ?? 0);
    }
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
    return { frames, parent: [...this.parent], frame, selfMs: [...this.selfMs] };
  }
}
