import type { CpuNode, CpuProfile, LabelTrack } from '@millpond/core';

/** A made-up profile: each sample is a path of function names from the outside in, and the ms until the next one. */
export function profileOf(
  samples: readonly (readonly [path: readonly string[], ms: number])[],
  startMs = 0,
): CpuProfile {
  const nodes: CpuNode[] = [nodeOf(1, '(root)')];
  const known = new Map<string, number>();
  const idOf = (path: readonly string[]): number => {
    if (path.length === 0) return 1;
    const key = path.join('\n');
    const id = known.get(key);
    if (id !== undefined) return id;
    const caller = nodes[idOf(path.slice(0, -1)) - 1] as CpuNode;
    const made = nodeOf(nodes.length + 1, path.at(-1) ?? '');
    nodes.push(made);
    (caller.children ??= []).push(made.id);
    known.set(key, made.id);
    return made.id;
  };
  const ids = samples.map(([path]) => idOf(path));
  const deltas = samples.map((_, at) => (at === 0 ? 0 : (samples[at - 1]?.[1] ?? 0) * 1000));
  const totalMs = samples.reduce((sum, [, ms]) => sum + ms, 0);
  return {
    nodes,
    startTime: startMs * 1000,
    endTime: (startMs + totalMs) * 1000,
    samples: ids,
    timeDeltas: deltas,
  };
}

function nodeOf(id: number, functionName: string): CpuNode {
  const isOurs = functionName.startsWith('(');
  const url = isOurs ? '' : `file:///app/${functionName}.js`;
  return {
    id,
    callFrame: { functionName, scriptId: '1', url, lineNumber: isOurs ? -1 : 9, columnNumber: isOurs ? -1 : 4 },
  };
}

/** A track from stretches: when each begins, and its label. */
export function trackOf(...stretches: readonly (readonly [atMs: number, label: string])[]): LabelTrack {
  const names = ['', ...new Set(stretches.map(([, label]) => label).filter((label) => label !== ''))];
  return {
    names,
    atMs: stretches.map(([atMs]) => atMs),
    label: stretches.map(([, label]) => names.indexOf(label)),
    dropped: 0,
  };
}

export const NO_TRACK = trackOf();
