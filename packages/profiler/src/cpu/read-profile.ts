import type { CpuNode, CpuProfile } from '@millpond/core';
import { median } from '../statistics/quantile.js';

/** Receives the samples of a profile, in order. */
export interface SampleVisitor {
  /**
   * One sample: the innermost call, and the time that it stands for.
   * @param node index in the list of `ProfileNodes`
   * @param atMs host clock
   */
  sample(node: number, atMs: number, ms: number): void;
}

/** The calls of a profile: each with its caller, which has a smaller number. */
export interface ProfileNodes {
  readonly parent: readonly number[];
  readonly node: readonly CpuNode[];
  readonly indexOf: ReadonlyMap<number, number>;
}

/** Orders the nodes of a profile from the root on. Nodes that no way from the root leads to are left out, and cycles are cut. */
export function orderNodes(nodes: readonly CpuNode[]): ProfileNodes {
  const byId = new Map<number, CpuNode>();
  const called = new Set<number>();
  for (const node of nodes) {
    byId.set(node.id, node);
    for (const child of node.children ?? []) called.add(child);
  }
  const roots = nodes.filter(({ id }) => !called.has(id));
  const indexOf = new Map<number, number>();
  const parent: number[] = [];
  const ordered: CpuNode[] = [];
  const put = (node: CpuNode, caller: number): void => {
    if (indexOf.has(node.id)) return;
    indexOf.set(node.id, ordered.length);
    ordered.push(node);
    parent.push(caller);
  };
  for (const root of roots) put(root, -1);
  for (let at = 0; at < ordered.length; at++) {
    for (const child of ordered[at]?.children ?? []) {
      const node = byId.get(child);
      if (node !== undefined) put(node, at);
    }
  }
  return { parent, node: ordered, indexOf };
}

/** A gap between samples of this many usual ones is no work of the sampler. */
const LONG_GAP = 2;

/**
 * Goes through the samples. A sample counts for the usual time until the next one. The signal of the sampler waits while its thread has no
 * core, and comes where the thread goes on. So what a gap has beyond the usual time counts for the sample after it.
 * Differences below zero, which some versions of V8 write, count as none.
 */
export function eachSample(profile: CpuProfile, { indexOf }: ProfileNodes, visitor: SampleVisitor): void {
  const { samples, timeDeltas, startTime, endTime } = profile;
  const usualUs = median(timeDeltas.slice(1).map(positive));
  const waitedBefore = (at: number) => {
    const us = positive(timeDeltas[at]);
    return at > 0 && us > LONG_GAP * usualUs ? us - usualUs : 0;
  };
  let atUs = startTime;
  for (let at = 0; at < samples.length; at++) {
    atUs += positive(timeDeltas[at]);
    const isLast = at + 1 === samples.length;
    const untilNext = isLast ? positive(endTime - atUs) : positive(timeDeltas[at + 1]) - waitedBefore(at + 1);
    const node = indexOf.get(samples[at] as number);
    if (node !== undefined) visitor.sample(node, atUs / 1000, (waitedBefore(at) + untilNext) / 1000);
  }
}

function positive(value: number | undefined): number {
  return value !== undefined && value > 0 && Number.isFinite(value) ? value : 0;
}
