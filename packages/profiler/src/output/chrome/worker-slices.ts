import { plainName } from '../../format/plain.js';
import type { Lane, Slice } from '../lanes.js';
import type { Try } from '../tries.js';
import { durationUs, type TraceEvent, us, workerTid } from './events.js';

const CATEGORY = 'millpond';

/** What workers of one pool did. */
interface WorkerView {
  pid: number;
  /** Time from the begin of the trace to the pool's attach, ms. */
  shift: number;
  lanes: readonly Lane[];
  tries: readonly Try[];
  isFull: boolean;
}

/**
 * Handlers on the threads of workers. Slices of one thread must nest, so those of the first lane are plain ones. Handlers that run at the
 * same time are asynchronous ones. Decoding and encoding are shown where they lie between handlers.
 */
export function* workerEvents({ pid, shift, lanes, tries, isFull }: WorkerView): Generator<TraceEvent> {
  for (const lane of lanes) {
    if (lane.lane === 0) yield* plainSlices(lane, pid, shift, isFull);
    else for (const [i, slice] of lane.slices.entries()) yield* overlapping(lane, slice, i, pid, shift);
  }
  if (isFull) yield* partSlices(lanes, tries, pid, shift);
}

function* plainSlices({ workerId, slices }: Lane, pid: number, shift: number, isFull: boolean): Generator<TraceEvent> {
  const place = { pid, tid: workerTid(workerId) };
  for (const { fromMs, toMs, of } of slices) {
    const ts = us(shift + fromMs);
    yield {
      name: plainName(of.task),
      ph: 'X',
      cat: CATEGORY,
      ...place,
      ts,
      dur: durationUs(shift + fromMs, shift + toMs),
      args: argsOf(of),
    };
    if (isFull) yield { name: 'task', ph: 't', cat: CATEGORY, id: flowId(pid, of), ...place, ts };
  }
}

function* overlapping(
  { workerId, lane }: Lane,
  { fromMs, toMs, of }: Slice,
  i: number,
  pid: number,
  shift: number,
): Generator<TraceEvent> {
  const event = {
    name: plainName(of.task),
    cat: CATEGORY,
    pid,
    tid: workerTid(workerId),
    id2: { local: `0x${workerId.toString(16)}${lane}${i}` },
  };
  yield { ...event, ph: 'b', ts: us(shift + fromMs), args: argsOf(of) };
  yield { ...event, ph: 'e', ts: us(shift + toMs) };
}

/** Parts of tries in the worker that touch no handler of the first lane, nor each other. */
function* partSlices(lanes: readonly Lane[], tries: readonly Try[], pid: number, shift: number): Generator<TraceEvent> {
  for (const { workerId, lane, slices } of lanes) {
    if (lane !== 0) continue;
    const parts = tries
      .filter((each) => each.workerId === workerId)
      .flatMap(({ stamps }) => [
        // An input is decoded when its turn comes. Only the length of that lies between its stamps.
        {
          name: 'decode',
          fromMs: (stamps[5] ?? NaN) - ((stamps[4] ?? NaN) - (stamps[3] ?? NaN)),
          toMs: stamps[5] ?? NaN,
        },
        { name: 'encode', fromMs: stamps[6] ?? NaN, toMs: stamps[7] ?? NaN },
      ])
      .filter(({ fromMs, toMs }) => toMs > fromMs)
      .sort((a, b) => a.fromMs - b.fromMs);
    let next = 0;
    let freeFrom = -Infinity;
    for (const { name, fromMs, toMs } of parts) {
      while (next < slices.length && (slices[next]?.fromMs ?? 0) < fromMs)
        freeFrom = Math.max(freeFrom, slices[next++]?.toMs ?? 0);
      const freeTo = slices[next]?.fromMs ?? Infinity;
      if (fromMs < freeFrom || toMs > freeTo) continue;
      freeFrom = toMs;
      yield {
        name,
        ph: 'X',
        cat: CATEGORY,
        pid,
        tid: workerTid(workerId),
        ts: us(shift + fromMs),
        dur: durationUs(shift + fromMs, shift + toMs),
      };
    }
  }
}

/** Id of the arrow of one try. */
export function flowId(pid: number, { taskId, attempt }: Try): string {
  return `${pid}.${taskId}.${attempt}`;
}

function argsOf({ taskId, attempt, outcome, inputBytes, outputBytes, weight }: Try): Record<string, unknown> {
  return { taskId, attempt, outcome, inputBytes, outputBytes, ...(weight > 1 ? { standsFor: weight } : {}) };
}
