import { plainName } from '../../format/plain.js';
import type { PoolReport } from '../../model/pool-report.js';
import type { ReportData } from '../../model/report-data.js';
import { lanesOf } from '../lanes.js';
import { attachedAfterMs, triesOf } from '../tries.js';
import { counterEvents } from './counters.js';
import { type ChromeTrace, MAIN, nameEvents, poolPid, type TraceEvent, workerTid } from './events.js';
import { parentEvents } from './parent-slices.js';
import { profileEvents, type RawProfiles } from './profiles.js';
import { markEvents, trackEvents } from './tracks.js';
import { workerEvents } from './worker-slices.js';

/** Beyond this number of tries, arrows and the parts of tries are left out. Files would be too large to open. */
const IN_FULL = 20_000;

/**
 * The run as a trace that Chrome's DevTools and Perfetto open. DevTools shows one track of its own for each worker, in the group
 * "Millpond". Perfetto shows a thread for each worker, with arrows from submit to run to result. Curves are counters.
 * @param raw CPU profiles of threads as V8 wrote them, to have functions below the tasks
 */
export function toChromeTrace(report: ReportData, raw?: RawProfiles): ChromeTrace {
  const kept = report.pools.reduce((sum, { spans }) => sum + (spans?.kept ?? 0), 0);
  const isFull = kept <= IN_FULL;
  const traceEvents: TraceEvent[] = [
    ...nameEvents(MAIN.pid, MAIN.tid, 'process', 'program', 0),
    ...nameEvents(MAIN.pid, MAIN.tid, 'thread', 'main thread', 0),
  ];
  // Not by spreading: calls take a limited number of arguments.
  const add = (events: Iterable<TraceEvent>) => {
    for (const event of events) traceEvents.push(event);
  };
  for (const [index, pool] of report.pools.entries()) {
    add(nameEvents(poolPid(index), 0, 'process', `pool ${plainName(pool.name)}`, index + 1));
    add(poolEvents(report, pool, index, isFull));
  }
  if (isFull) add(parentEvents(report));
  add(profileEvents(report, raw));
  return {
    traceEvents,
    displayTimeUnit: 'ms',
    otherData: {
      writer: '@millpond/profiler',
      startedAt: report.run.startedAt,
      keptTries: kept,
      ...(isFull ? {} : { leftOut: `arrows and parts of tries, because there are more than ${IN_FULL} tries` }),
    },
  };
}

function* poolEvents(report: ReportData, pool: PoolReport, index: number, isFull: boolean): Generator<TraceEvent> {
  const pid = poolPid(index);
  const shift = attachedAfterMs(report, pool);
  const tries = triesOf(pool);
  const lanes = lanesOf(tries);
  const workers = new Set([...pool.workers.map(({ workerId }) => workerId), ...lanes.map(({ workerId }) => workerId)]);
  for (const workerId of workers) {
    yield* nameEvents(pid, workerTid(workerId), 'thread', `worker ${workerId}`, workerId);
  }
  yield* workerEvents({ pid, shift, lanes, tries, isFull });
  yield* trackEvents({
    pid,
    shift,
    lanes,
    isFull,
    prefix: report.pools.length > 1 ? `${plainName(pool.name)} · ` : '',
  });
  yield* markEvents(pool, pid, shift);
  yield* counterEvents(pool, pid, shift);
}
