import { handlerTime, type Try } from './tries.js';

/** The handler of one try. */
export interface Slice {
  fromMs: number;
  toMs: number;
  of: Try;
}

/** Handlers of one worker that do not overlap, in order of time. */
export interface Lane {
  workerId: number;
  lane: number;
  slices: Slice[];
}

/** Lanes of one worker; tries beyond them are left out of pictures. */
const MOST_LANES = 64;

/** Lays the handlers of each worker on as few lanes as they need. Those of one lane follow each other. */
export function lanesOf(tries: readonly Try[]): Lane[] {
  const byWorker = new Map<number, Slice[]>();
  for (const of of tries) {
    const time = handlerTime(of);
    if (time === undefined) continue;
    const slices = byWorker.get(of.workerId);
    const slice = { fromMs: time.fromMs, toMs: time.toMs, of };
    if (slices === undefined) byWorker.set(of.workerId, [slice]);
    else slices.push(slice);
  }
  return [...byWorker.entries()].sort(([a], [b]) => a - b).flatMap(([workerId, slices]) => lanes(workerId, slices));
}

function lanes(workerId: number, slices: Slice[]): Lane[] {
  const all: Lane[] = [];
  for (const slice of slices.sort((a, b) => a.fromMs - b.fromMs || a.toMs - b.toMs)) {
    const free = all.find((lane) => (lane.slices.at(-1)?.toMs ?? -Infinity) <= slice.fromMs);
    if (free !== undefined) free.slices.push(slice);
    else if (all.length < MOST_LANES) all.push({ workerId, lane: all.length, slices: [slice] });
  }
  return all;
}
