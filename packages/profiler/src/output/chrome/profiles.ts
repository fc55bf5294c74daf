import type { CpuNode, CpuProfile } from '@millpond/core';
import type { ReportData } from '../../model/report-data.js';
import { MAIN, poolPid, type TraceEvent, workerTid } from './events.js';

/** CPU profiles as V8 wrote them. */
export interface RawProfiles {
  /** Host clock at the construction of the profiler, ms. Without it, each profile begins with the trace. */
  originMs?: number;
  /** `workerId` 0 is the main thread. Without `pool`, the first one. */
  profiles: readonly { pool?: string; workerId: number; profile: CpuProfile }[];
}

const CATEGORY = 'disabled-by-default-v8.cpu_profiler';
/** Samples of one event: readers take long ones badly. */
const CHUNK = 10_000;

/** Profiles as DevTools records them: a head, then nodes and samples in chunks. */
export function* profileEvents(report: ReportData, raw: RawProfiles | undefined): Generator<TraceEvent> {
  for (const [i, { pool, workerId, profile }] of (raw?.profiles ?? []).entries()) {
    const index = Math.max(
      0,
      report.pools.findIndex(({ name }) => name === pool),
    );
    const place = workerId === 0 ? MAIN : { pid: poolPid(index), tid: workerTid(workerId) };
    const startUs = raw?.originMs === undefined ? 0 : Math.max(0, profile.startTime - raw.originMs * 1000);
    yield* eventsOf(profile, { ...place, ts: Math.round(startUs), id: `0x${(i + 1).toString(16)}`, cat: CATEGORY });
  }
}

function* eventsOf(
  profile: CpuProfile,
  event: Pick<TraceEvent, 'pid' | 'tid' | 'ts' | 'id' | 'cat'>,
): Generator<TraceEvent> {
  yield { ...event, name: 'Profile', ph: 'P', args: { data: { startTime: event.ts } } };
  const nodes = withParents(profile.nodes);
  for (let from = 0; from === 0 || from < profile.samples.length; from += CHUNK) {
    const isLast = from + CHUNK >= profile.samples.length;
    yield {
      ...event,
      name: 'ProfileChunk',
      ph: 'P',
      args: {
        data: {
          cpuProfile: { ...(from === 0 ? { nodes } : {}), samples: profile.samples.slice(from, from + CHUNK) },
          timeDeltas: profile.timeDeltas.slice(from, from + CHUNK),
          ...(isLast ? { endTime: Math.round(event.ts + profile.endTime - profile.startTime) } : {}),
        },
      },
    };
  }
}

/** Nodes of chunks name their parent, those of a whole profile their children. Callers stand before callees. */
function withParents(nodes: readonly CpuNode[]): { id: number; parent?: number; callFrame: CpuNode['callFrame'] }[] {
  const parents = new Map<number, number>();
  for (const { id, children } of nodes) for (const child of children ?? []) parents.set(child, id);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const ordered: CpuNode[] = [];
  const rest = nodes.filter(({ id }) => !parents.has(id)).reverse();
  for (let node = rest.pop(); node !== undefined; node = rest.pop()) {
    ordered.push(node);
    for (const child of node.children ?? []) {
      const inner = byId.get(child);
      if (inner !== undefined) rest.push(inner);
    }
  }
  return ordered.map(({ id, callFrame }) => {
    const parent = parents.get(id);
    return { id, ...(parent === undefined ? {} : { parent }), callFrame };
  });
}
