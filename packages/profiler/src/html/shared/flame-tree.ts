import type { FlameGraph, FlameTimes, HotFrame } from '../../model/cpu.js';

/** Several flames as one: nodes with the same path of frames become one node. */
export function mergeFlames(flames: readonly FlameGraph[]): FlameGraph {
  if (flames.length === 1) return flames[0] as FlameGraph;
  const merged: FlameGraph = { frames: [], parent: [], frame: [], selfMs: [] };
  const frames = new Map<string, number>();
  const nodes = new Map<string, number>();
  const times = new JoinedTimes(flames);
  for (const flame of flames) {
    const frameOf = flame.frames.map((frame) => {
      const key = `${frame.functionName}\n${frame.file}\n${frame.line}`;
      let index = frames.get(key);
      if (index === undefined) frames.set(key, (index = merged.frames.push(frame) - 1));
      return index;
    });
    const nodeOf = new Int32Array(flame.parent.length).fill(-2);
    const place = (start: number): number => {
      // Parents first, without recursion: stacks of user code may be deep.
      const chain: number[] = [];
      for (
        let node = start;
        node >= 0 && nodeOf[node] === -2 && chain.length <= flame.parent.length;
        node = flame.parent[node] ?? -1
      )
        chain.push(node);
      for (const node of chain.reverse()) {
        const above = flame.parent[node] ?? -1;
        const parent = above < 0 ? -1 : (nodeOf[above] ?? -1);
        const frame = frameOf[flame.frame[node] ?? 0] ?? 0;
        const key = `${parent} ${frame}`;
        let index = nodes.get(key);
        if (index === undefined) {
          nodes.set(key, (index = merged.parent.push(parent) - 1));
          merged.frame.push(frame);
          merged.selfMs.push(0);
        }
        nodeOf[node] = index;
      }
      return nodeOf[start] ?? -1;
    };
    flame.parent.forEach((_, node) => {
      const index = place(node);
      merged.selfMs[index] = (merged.selfMs[index] ?? 0) + (flame.selfMs[node] ?? 0);
    });
    times.add(flame, nodeOf);
  }
  const joined = times.toColumns();
  return joined === undefined ? merged : { ...merged, times: joined };
}

/** More nodes than any flame has. */
const MOST_NODES = 2 ** 20;

/** Times of several flames, in the longest of their windows. The windows of one are those of another, joined in pairs. */
class JoinedTimes {
  readonly #windowMs: number;
  readonly #isKnown: boolean;
  readonly #cells = new Map<number, number>();

  constructor(flames: readonly FlameGraph[]) {
    this.#isKnown = flames.every(({ times }) => times !== undefined);
    this.#windowMs = Math.max(0, ...flames.map(({ times }) => times?.windowMs ?? 0));
  }

  /** @param nodeOf nodes of the joined flame, by those of this one */
  add({ times }: FlameGraph, nodeOf: ArrayLike<number>): void {
    if (!this.#isKnown || times === undefined) return;
    times.window.forEach((window, i) => {
      const joined = Math.floor((window * times.windowMs) / this.#windowMs);
      const key = joined * MOST_NODES + (nodeOf[times.node[i] ?? 0] ?? 0);
      this.#cells.set(key, (this.#cells.get(key) ?? 0) + (times.ms[i] ?? 0));
    });
  }

  toColumns(): FlameTimes | undefined {
    if (!this.#isKnown || this.#windowMs === 0) return undefined;
    const cells = [...this.#cells].sort(([a], [b]) => a - b);
    return {
      windowMs: this.#windowMs,
      window: cells.map(([key]) => Math.floor(key / MOST_NODES)),
      node: cells.map(([key]) => key % MOST_NODES),
      ms: cells.map(([, ms]) => ms),
    };
  }
}

/** A flame with the time of a range alone, ms. Of a window that lies in it in part, that part counts. Undefined without times. */
export function narrowed(flame: FlameGraph, from: number, to: number): FlameGraph | undefined {
  const { times } = flame;
  if (times === undefined) return undefined;
  const selfMs = flame.parent.map(() => 0);
  times.window.forEach((window, i) => {
    const startMs = window * times.windowMs;
    const overlapMs = Math.max(0, Math.min(to, startMs + times.windowMs) - Math.max(from, startMs));
    const node = times.node[i] ?? 0;
    selfMs[node] = (selfMs[node] ?? 0) + ((times.ms[i] ?? 0) * overlapMs) / times.windowMs;
  });
  return { ...flame, selfMs };
}

/** Functions without a file that are no code: the root, and time in which a thread slept. */
const NO_CODE = new Set(['(root)', '(idle)']);
const MOST_HOT = 50;

/** Its functions by own time, most first. A function that calls itself counts once in the time with its callees. */
export function hotOf({ frames, parent, frame, selfMs }: FlameGraph): HotFrame[] {
  const below = [...selfMs];
  for (let node = parent.length - 1; node > 0; node--) below[parent[node] ?? 0]! += below[node] ?? 0;
  const [self, total] = [frames.map(() => 0), frames.map(() => 0)];
  parent.forEach((_, node) => {
    const own = frame[node] ?? 0;
    self[own]! += selfMs[node] ?? 0;
    let above = parent[node] ?? -1;
    while (above >= 0 && frame[above] !== own) above = parent[above] ?? -1;
    if (above < 0) total[own]! += below[node] ?? 0;
  });
  const code = frames
    .map((each, i) => ({ ...each, column: 0, selfMs: self[i] ?? 0, totalMs: total[i] ?? 0 }))
    .filter(({ functionName, file }) => file !== '' || !NO_CODE.has(functionName));
  const all = code.reduce((sum, each) => sum + each.selfMs, 0);
  return code
    .filter((each) => each.selfMs > 0)
    .sort((a, b) => b.selfMs - a.selfMs)
    .slice(0, MOST_HOT)
    .map((each) => ({ ...each, share: all > 0 ? each.selfMs / all : 0 }));
}

/** Folder of a package or of the program that a frame belongs to: frames of one kind share a colour. */
export function frameKind(file: string): 'node' | 'package' | 'own' {
  if (file === '' || file.startsWith('node:')) return 'node';
  return /[\\/]node_modules[\\/]/.test(file) ? 'package' : 'own';
}
