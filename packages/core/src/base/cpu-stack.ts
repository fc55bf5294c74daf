/** A node of a CPU profile, as the inspector's Profiler domain gives it. */
export interface ProfileNode {
  id: number;
  callFrame: { functionName: string; url: string; lineNumber: number; columnNumber: number };
  hitCount?: number;
  children?: number[];
}

export interface CpuProfile {
  nodes: ProfileNode[];
  samples?: number[];
}

/** What calls handlers. From there outwards the stack is ours, and says nothing about the handler. */
const OUR_CALLER = '/child/task-loop.js';

/** Frames V8 makes up; they are nowhere in the code. */
const MADE_UP = new Set(['(root)', '(program)', '(idle)', '(garbage collector)']);

/**
 * The stack that was seen last in a profile, innermost call first, as lines like those of an error's stack; empty when
 * nothing was seen running.
 */
export function lastStack({ nodes, samples }: CpuProfile): string {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map<number, ProfileNode>();
  for (const node of nodes) for (const child of node.children ?? []) parents.set(child, node);
  const seen = [...(samples ?? [])].reverse().find((id) => !isMadeUp(byId.get(id)));
  const lines: string[] = [];
  for (let node = seen === undefined ? undefined : byId.get(seen); node !== undefined; node = parents.get(node.id)) {
    if (node.callFrame.url.endsWith(OUR_CALLER)) break;
    if (!isMadeUp(node)) lines.push(line(node));
  }
  return lines.join('\n');
}

function isMadeUp(node: ProfileNode | undefined): boolean {
  return node === undefined || MADE_UP.has(node.callFrame.functionName);
}

function line({ callFrame: { functionName, url, lineNumber, columnNumber } }: ProfileNode): string {
  const where = url === '' ? 'native' : `${url}:${lineNumber + 1}:${columnNumber + 1}`;
  return functionName === '' ? `    at ${where}` : `    at ${functionName} (${where})`;
}
