import type { SectionReport } from '../../model/section-report.js';

/** Sections as a tree in columns. Node 0 is the root; below it stands one node a task name, or the sections of the program. */
export interface SectionTree {
  label: string[];
  parent: number[];
  self: number[];
  /** The section behind a node; undefined for roots, names, and sections that the report does not have. */
  section: (SectionReport | undefined)[];
}

export function sectionTree(sections: readonly (SectionReport & { task?: string })[], root: string): SectionTree {
  const tree: SectionTree = { label: [root], parent: [-1], self: [0], section: [undefined] };
  const known = new Map<string, number>();
  const nodeOf = (path: readonly string[]): number => {
    if (path.length === 0) return 0;
    const key = JSON.stringify(path);
    const found = known.get(key);
    if (found !== undefined) return found;
    const above = nodeOf(path.slice(0, -1));
    const node = tree.label.push(path.at(-1) ?? '') - 1;
    tree.parent.push(above);
    tree.self.push(0);
    tree.section.push(undefined);
    known.set(key, node);
    return node;
  };
  for (const section of sections) {
    const node = nodeOf(section.task === undefined ? section.path : [section.task, ...section.path]);
    tree.self[node] = Math.max(0, section.selfMs);
    tree.section[node] = section;
  }
  return tree;
}

/** Nodes in the order of a printed tree, parents before children, the largest child first. */
export function inTreeOrder({ parent }: SectionTree, total: ArrayLike<number>): { node: number; depth: number }[] {
  const children = new Map<number, number[]>();
  parent.forEach((above, node) => {
    const list = children.get(above) ?? [];
    list.push(node);
    children.set(above, list);
  });
  const order: { node: number; depth: number }[] = [];
  const visit = (node: number, depth: number): void => {
    order.push({ node, depth });
    const below = [...(children.get(node) ?? [])].sort((a, b) => (total[b] ?? 0) - (total[a] ?? 0));
    for (const child of below) visit(child, depth + 1);
  };
  visit(0, 0);
  return order;
}
