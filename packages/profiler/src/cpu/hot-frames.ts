import type { HotFrame } from '../model/cpu.js';
import type { FlameTree, Place } from './flame-tree.js';

/** Most frames of one list. */
const MOST_HOT = 50;

/**
 * Functions by the time in themselves, most first. A function that calls itself counts once for a sample.
 * @param isHidden whether a frame stands for no code: the root, and idle time
 */
export function hotFrames(
  tree: FlameTree,
  placeOf: (frame: number) => Place,
  isHidden: (frame: number) => boolean,
): HotFrame[] {
  const selfMs = new Map<number, number>();
  const totalMs = new Map<number, number>();
  let busyMs = 0;
  const below = timesBelow(tree);
  for (let node = 0; node < tree.size; node++) {
    const frame = tree.frame[node] ?? 0;
    if (isHidden(frame)) continue;
    const own = tree.selfMs[node] ?? 0;
    busyMs += own;
    add(selfMs, frame, own);
    if (!isWithinItself(tree, node)) add(totalMs, frame, below[node] ?? 0);
  }
  return [...selfMs]
    .filter(([, ms]) => ms > 0)
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST_HOT)
    .map(([frame, ms]) => ({
      ...placeOf(frame),
      selfMs: ms,
      totalMs: totalMs.get(frame) ?? ms,
      share: busyMs > 0 ? ms / busyMs : 0,
    }));
}

/** Time of each node with all nodes below it. A parent has a smaller number than its children. */
function timesBelow(tree: FlameTree): number[] {
  const times = [...tree.selfMs];
  for (let node = tree.size - 1; node > 0; node--) {
    const parent = tree.parent[node] ?? 0;
    times[parent] = (times[parent] ?? 0) + (times[node] ?? 0);
  }
  return times;
}

function isWithinItself(tree: FlameTree, node: number): boolean {
  const frame = tree.frame[node];
  for (let above = tree.parent[node] ?? -1; above >= 0; above = tree.parent[above] ?? -1) {
    if (tree.frame[above] === frame) return true;
  }
  return false;
}

function add(sums: Map<number, number>, key: number, ms: number): void {
  sums.set(key, (sums.get(key) ?? 0) + ms);
}
