import type { Curves } from '../../model/curves.js';
import { lowerBound } from './scales.js';
import type { SpanTable } from './span-table.js';

/** Why a worker had nothing to do. */
export const IDLE_KINDS = ['noWork', 'notParallel', 'starved'] as const;

/** Number of tasks that wait in the pool, and of tasks in workers, at any moment. */
export interface Pressure {
  waiting(at: number): number;
  running(at: number): number;
}

/** Exact with every try at hand; means of windows from the curves otherwise. */
export function pressureOf(table: SpanTable, curves: Curves): Pressure {
  return table.rows === table.of ? pressureOfSpans(table) : pressureOfCurves(curves);
}

function pressureOfSpans({ t }: SpanTable): Pressure {
  const [submitted, assigned, begun, ended] = [t[0], t[1], t[3], t[9]].map((stamps) =>
    Float64Array.from(stamps ?? [])
      .filter((at) => !Number.isNaN(at))
      .sort(),
  ) as [Float64Array, Float64Array, Float64Array, Float64Array];
  return {
    waiting: (at) => lowerBound(submitted, at) - lowerBound(assigned, at),
    running: (at) => lowerBound(begun, at) - lowerBound(ended, at),
  };
}

function pressureOfCurves({ windowMs, queued, workersBusy }: Curves): Pressure {
  const valueAt = (column: readonly number[], at: number) =>
    column[Math.min(column.length - 1, Math.max(0, Math.floor(at / windowMs)))] ?? 0;
  return {
    // A mean of a window below a half means that the queue was empty most of the time.
    waiting: (at) => (valueAt(queued, at) >= 0.5 ? valueAt(queued, at) : 0),
    running: (at) => valueAt(workersBusy, at),
  };
}

/** One place a pixel: index in IDLE_KINDS that an idle worker has there. */
export function idleKinds(pressure: Pressure, from: number, to: number, width: number): Uint8Array {
  const kinds = new Uint8Array(width);
  const step = (to - from) / width;
  for (let x = 0; x < width; x++) {
    const at = from + (x + 0.5) * step;
    if (pressure.waiting(at) > 0) kinds[x] = 2;
    else if (pressure.running(at) > 0) kinds[x] = 1;
  }
  return kinds;
}

/** Times of one worker: when it became ready, and when it ended; the whole run where its marks say nothing. */
export interface Life {
  startMs: number;
  readyMs: number;
  endMs: number;
}

export function lifeOf(
  worker: { workerId: number; bootMs: number | null; exited: boolean; tasks: number; capacity: { boot: number } },
  marks: readonly { atMs: number; what: string; workerId: number }[],
  wallMs: number,
): Life {
  const own = marks.filter(({ workerId }) => workerId === worker.workerId);
  const ready = own.find(({ what }) => what === 'ready')?.atMs;
  const ends = own.filter(({ what }) => what === 'exited' || what === 'crashed' || what === 'recycled');
  const endMs = worker.exited ? (ends.at(-1)?.atMs ?? wallMs) : wallMs;
  if (ready !== undefined) return { startMs: Math.max(0, ready - (worker.bootMs ?? 0)), readyMs: ready, endMs };
  // A worker without a mark never became ready, or was so before the first look at it.
  const { boot } = worker.capacity;
  return boot > 0 && worker.tasks === 0
    ? { startMs: Math.max(0, endMs - boot), readyMs: endMs, endMs }
    : { startMs: 0, readyMs: 0, endMs };
}
