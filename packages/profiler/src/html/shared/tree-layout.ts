/** A tree as columns: index of the parent (−1 for a root), label, own size. Parents may lie before or behind their children. */
export interface TreeColumns {
  parent: ArrayLike<number>;
  self: ArrayLike<number>;
}

/** Places of all nodes: from `x0` to `x1` in the unit of the sizes, `depth` rows from the root. */
export interface TreeLayout {
  total: Float64Array;
  x0: Float64Array;
  x1: Float64Array;
  depth: Uint16Array;
  /** Number of rows. */
  rows: number;
  width: number;
}

/**
 * Puts children side by side below their parent, the largest first. A node is as wide as its own size and its children together.
 * Nodes within a circle of parents have no place, and stay of width 0.
 */
export function layoutTree({ parent, self }: TreeColumns): TreeLayout {
  const nodes = parent.length;
  const children: number[][] = Array.from({ length: nodes }, () => []);
  const roots: number[] = [];
  for (let node = 0; node < nodes; node++) {
    const above = parent[node] ?? -1;
    if (above < 0 || above >= nodes || above === node) roots.push(node);
    else children[above]?.push(node);
  }
  const order: number[] = [];
  const stack = [...roots];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    order.push(node);
    for (const child of children[node] ?? []) stack.push(child);
  }
  const total = new Float64Array(nodes);
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i] as number;
    total[node] =
      Math.max(0, self[node] ?? 0) + (children[node] ?? []).reduce((sum, child) => sum + (total[child] ?? 0), 0);
  }
  const layout: TreeLayout = {
    total,
    x0: new Float64Array(nodes),
    x1: new Float64Array(nodes),
    depth: new Uint16Array(nodes),
    rows: 0,
    width: 0,
  };
  layout.width = place(roots, 0, 0, layout);
  for (const node of order) place(children[node] ?? [], layout.x0[node] ?? 0, (layout.depth[node] ?? 0) + 1, layout);
  return layout;
}

/** @returns where the last one ends */
function place(siblings: number[], from: number, depth: number, layout: TreeLayout): number {
  siblings.sort((a, b) => (layout.total[b] ?? 0) - (layout.total[a] ?? 0) || a - b);
  let x = from;
  for (const node of siblings) {
    layout.x0[node] = x;
    x += layout.total[node] ?? 0;
    layout.x1[node] = x;
    layout.depth[node] = Math.min(depth, 65535);
    layout.rows = Math.max(layout.rows, depth + 1);
  }
  return x;
}

/** Nodes of a range that are at least `least` wide, in the order in which they lie. Narrower ones would be less than a pixel. */
export function visibleNodes(layout: TreeLayout, from: number, to: number, least: number): number[] {
  const seen: number[] = [];
  for (let node = 0; node < layout.x0.length; node++) {
    const x0 = layout.x0[node] ?? 0;
    const x1 = layout.x1[node] ?? 0;
    if (x1 > from && x0 < to && x1 - x0 >= least) seen.push(node);
  }
  return seen;
}
