import type { TaskTrace } from '@millpond/core';
import { SEGMENT_IDS } from '../model/segments.js';

const LAST_STAMP = SEGMENT_IDS.length;
export const EXECUTION = SEGMENT_IDS.indexOf('execution');
/** Number of stamps of a try. */
export const STAMPS = LAST_STAMP + 1;
// t3 to t7 are the worker's, the others the parent's.
const RECEIVED = 3;
const REPLIED = 7;

/**
 * Splits traces into segments. One instance is reused, and `segments` holds only the latest trace, so that a task costs no
 * allocation.
 *
 * A worker reads the common clock with an error of its own, usually of microseconds. Its stamps may then lie before the sending
 * or after the return. If so, all five move together by the smallest fitting amount, so that their differences stay true. Any
 * other stamp out of order is moved to its neighbour. So no segment is negative and the sum stays the latency. `disorderMs` is
 * the distance that a stamp was moved.
 */
export class TraceSplitter {
  /** Milliseconds, in the order of SEGMENT_IDS; those from index `reached` on mean nothing. */
  readonly segments = new Float64Array(LAST_STAMP);
  /** Number of segments that the try went through; 9 if it came back. */
  reached = 0;
  /** From the submit to the last stamp reached, in milliseconds: the sum of the segments reached. */
  latencyMs = 0;
  /** The furthest that a stamp was moved, in milliseconds; 0 if all were in order. */
  disorderMs = 0;
  readonly #stamps = new Float64Array(LAST_STAMP + 1);

  /** Whether the try came back, so that all nine segments are known. */
  get isComplete(): boolean {
    return this.reached === LAST_STAMP;
  }

  split(trace: TaskTrace): void {
    readStamps(trace, this.#stamps);
    this.splitStamps(this.#stamps);
  }

  /** The same for ten stamps, t0 to t9. */
  splitStamps(stamps: Float64Array): void {
    this.reached = lastReached(stamps);
    const shiftMs = this.isComplete ? workerShift(stamps) : 0;
    this.disorderMs = Math.abs(shiftMs);
    const first = stamps[0] ?? 0;
    const end = this.#moved(stamps[Math.max(0, this.reached)] ?? 0, first, Infinity);
    let previous = first;
    for (let i = 1; i <= this.reached; i++) {
      const isWorkers = i >= RECEIVED && i <= REPLIED;
      const stamp = this.#moved((stamps[i] ?? 0) + (isWorkers ? shiftMs : 0), previous, end);
      this.segments[i - 1] = stamp - previous;
      previous = stamp;
    }
    this.latencyMs = this.reached > 0 ? end - first : 0;
  }

  #moved(stamp: number, low: number, high: number): number {
    const moved = Math.min(Math.max(stamp, low), high);
    const byMs = Math.abs(moved - stamp);
    if (byMs > this.disorderMs) this.disorderMs = byMs;
    return moved;
  }
}

/** Writes the ten stamps of a trace in order of time, from index `at` on. Spelt out: it runs for every task. */
export function readStamps(trace: TaskTrace, into: Float64Array, at = 0): void {
  into[at] = trace.submittedAt;
  into[at + 1] = trace.assignedAt;
  into[at + 2] = trace.sentAt;
  into[at + 3] = trace.receivedAt;
  into[at + 4] = trace.decodedAt;
  into[at + 5] = trace.startedAt;
  into[at + 6] = trace.endedAt;
  into[at + 7] = trace.repliedAt;
  into[at + 8] = trace.returnedAt;
  into[at + 9] = trace.settledAt;
}

/** Shift that puts the worker's stamps between sending and return; 0 if they lie there, or do not fit. */
function workerShift(stamps: Float64Array): number {
  const beforeSent = (stamps[RECEIVED - 1] ?? 0) - (stamps[RECEIVED] ?? 0);
  const afterReturn = (stamps[REPLIED] ?? 0) - (stamps[REPLIED + 1] ?? 0);
  if (beforeSent + afterReturn > 0) return 0;
  return Math.max(0, beforeSent) - Math.max(0, afterReturn);
}

/** Index of the last stamp before the first NaN; -1 when there is none at all. */
function lastReached(stamps: Float64Array): number {
  let i = 0;
  while (i <= LAST_STAMP && !Number.isNaN(stamps[i])) i++;
  return i - 1;
}
