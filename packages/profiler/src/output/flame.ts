import type { FlameGraph } from '../model/cpu.js';

/** A node of a flame graph, with the way to it. */
export interface FlameStep {
  /** Index of the node, and of its parent in the same walk; −1 for the root. */
  node: number;
  parent: number;
  frame: number;
  selfMs: number;
  /** Frames from below the root to this node. The same list at each step: copy it to keep it. */
  stack: readonly number[];
}

/** All nodes that hang on the root: callers before their callees, siblings by time, longest first. */
export function* walkFlame({ parent, frame, selfMs }: FlameGraph): Generator<FlameStep> {
  const children = childrenOf(parent);
  const totals = totalsOf(parent, selfMs, children);
  const stack: number[] = [];
  const rest: { node: number; depth: number }[] = parent.length === 0 ? [] : [{ node: 0, depth: 0 }];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const { node, depth } = next;
    stack.length = Math.max(0, depth - 1);
    if (node !== 0) stack.push(frame[node] ?? 0);
    yield {
      node,
      parent: node === 0 ? -1 : (parent[node] ?? -1),
      frame: frame[node] ?? 0,
      selfMs: selfMs[node] ?? 0,
      stack,
    };
    const inner = [...(children[node] ?? [])].sort((a, b) => (totals[a] ?? 0) - (totals[b] ?? 0));
    for (const child of inner) rest.push({ node: child, depth: depth + 1 });
  }
}

function childrenOf(parent: readonly number[]): number[][] {
  const children: number[][] = parent.map(() => []);
  for (let node = 1; node < parent.length; node++) children[parent[node] ?? -1]?.push(node);
  return children;
}

/** Time of each node and of all below it. */
function totalsOf(parent: readonly number[], selfMs: readonly number[], children: readonly number[][]): number[] {
  const totals = [...selfMs];
  const order: number[] = [0];
  for (let i = 0; i < order.length; i++) order.push(...(children[order[i] ?? 0] ?? []));
  for (const node of order.reverse()) {
    const above = parent[node] ?? -1;
    if (node !== 0 && above >= 0) totals[above] = (totals[above] ?? 0) + (totals[node] ?? 0);
  }
  return totals;
}
