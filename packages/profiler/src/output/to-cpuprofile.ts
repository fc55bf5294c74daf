import type { CpuNode, CpuProfile } from '@millpond/core';
import { nearestOrAll } from '@millpond/core/internal';
import { wellFormed } from '../format/plain.js';
import type { FlameGraph } from '../model/cpu.js';
import type { ReportData } from '../model/report-data.js';
import { checkKeys, refuse, show } from '../options.js';
import { cpuReportsOf } from './cpu-reports.js';
import { walkFlame } from './flame.js';

export interface CpuProfileOptions {
  /** Name of the pool. Without it, the first one with a profile. */
  pool?: string;
  /** A worker, or 0 for the main thread. Without it, all workers together. */
  workerId?: number | null;
}

/**
 * A CPU profile as V8 writes it, for a file that ends in `.cpuprofile`. Samples of one call path stand together, because a report
 * keeps sums. Tree and times are those of the run, the order of time is not. Undefined if the report has no such profile.
 * @throws ERR_OPTION for an unknown key, a wrong value, or a pool that is not in the report
 */
export function toCpuProfile(report: ReportData, options?: CpuProfileOptions): CpuProfile | undefined {
  const { pool, workerId = null } = checkKeys(options, ['pool', 'workerId']);
  const names = report.pools.map(({ name }) => name);
  if (pool !== undefined && !names.includes(pool))
    refuse(
      'pool',
      `must be a pool of this report; received ${show(pool)}.${names.length === 0 ? '' : nearestOrAll(String(pool), names)}`,
    );
  if (workerId !== null && !(Number.isInteger(workerId) && workerId >= 0))
    refuse('workerId', `must be the id of a worker, or 0 for the main thread; received ${show(workerId)}.`);
  const found = cpuReportsOf(report).find(
    (each) => each.cpu.workerId === workerId && (workerId === 0 || pool === undefined || each.pool === pool),
  );
  return found === undefined ? undefined : profileOf(found.cpu.flame);
}

function profileOf(flame: FlameGraph): CpuProfile {
  const nodes: CpuNode[] = [];
  const places = new Map<number, CpuNode>();
  const samples: number[] = [];
  const timeDeltas: number[] = [];
  let endTime = 0;
  let lastUs = 0;
  for (const { node, parent, frame, selfMs } of walkFlame(flame)) {
    const own = nodeOf(nodes.length + 1, flame.frames[frame], parent < 0);
    nodes.push(own);
    places.set(node, own);
    (places.get(parent)?.children ?? []).push(own.id);
    const us = Math.round(selfMs * 1000);
    if (us <= 0) continue;
    // The time from one sample to the next belongs to the first of them.
    samples.push(own.id);
    own.hitCount = 1;
    timeDeltas.push(lastUs);
    lastUs = us;
    endTime += us;
  }
  if (nodes.length === 0) nodes.push(nodeOf(1, undefined, true));
  // Ends the time of the last one.
  samples.push(1);
  timeDeltas.push(lastUs);
  return { nodes, startTime: 0, endTime, samples, timeDeltas };
}

function nodeOf(id: number, frame: FlameGraph['frames'][number] | undefined, isRoot: boolean): CpuNode {
  return {
    id,
    callFrame: {
      functionName: isRoot ? '(root)' : wellFormed(frame?.functionName ?? ''),
      scriptId: '0',
      url: isRoot ? '' : wellFormed(frame?.file ?? ''),
      lineNumber: isRoot ? -1 : (frame?.line ?? 0) - 1,
      columnNumber: -1,
    },
    hitCount: 0,
    children: [],
  };
}
