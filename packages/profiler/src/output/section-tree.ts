/** A section with its depth below its task or the program. */
export interface SectionNode<T> {
  section: T;
  depth: number;
}

/**
 * Sections in the order of a tree: each below the one around it, siblings by total time. One whose outer section is missing, as names
 * beyond a bound are folded, stands at the top.
 */
export function sectionTree<T extends { path: readonly string[]; totalMs: number }>(
  sections: readonly T[],
): SectionNode<T>[] {
  const keyOf = (path: readonly string[]) => JSON.stringify(path);
  const known = new Set(sections.map(({ path }) => keyOf(path)));
  const children = new Map<string, T[]>();
  for (const section of sections) {
    const outer = keyOf(section.path.slice(0, -1));
    const place = known.has(outer) ? outer : '';
    const siblings = children.get(place) ?? [];
    siblings.push(section);
    children.set(place, siblings);
  }
  const nodes: SectionNode<T>[] = [];
  // A stack of its own: paths may be deeper than calls may nest.
  const rest = inOrder(children.get('')).map((section) => ({ section, depth: 0 }));
  for (let node = rest.pop(); node !== undefined; node = rest.pop()) {
    nodes.push(node);
    const { section, depth } = node;
    const key = keyOf(section.path);
    for (const inner of inOrder(children.get(key))) rest.push({ section: inner, depth: depth + 1 });
    // Two rows of one path would otherwise show the inner ones twice.
    children.delete(key);
  }
  return nodes;
}

/** Smallest first, because the stack is emptied from its end. */
function inOrder<T extends { totalMs: number }>(siblings: readonly T[] = []): T[] {
  return [...siblings].sort((a, b) => a.totalMs - b.totalMs);
}
