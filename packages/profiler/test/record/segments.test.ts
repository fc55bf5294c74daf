import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEGMENT_IDS } from '../../src/model/segments.js';
import { TraceSplitter } from '../../src/record/segments.js';
import { arbitraryStamp, fromStamps, traceOf } from '../fakes.js';

const anyStamps = fc.array(arbitraryStamp, { minLength: 10, maxLength: 10 });
const base = { taskId: 1, task: 't', attempt: 1, workerId: 1, outcome: 'ok' as const };

function splitOf(stamps: readonly number[]): TraceSplitter {
  const splitter = new TraceSplitter();
  splitter.split({ ...base, ...fromStamps(stamps) });
  return splitter;
}

function sumOf(splitter: TraceSplitter): number {
  return splitter.segments.subarray(0, splitter.reached).reduce((sum, ms) => sum + ms, 0);
}

describe('splitting a trace into segments', () => {
  it('names each difference of two neighbouring stamps', () => {
    const splitter = new TraceSplitter();
    splitter.split(traceOf([1, 2, 3, 4, 5, 6, 7, 8, 9]));
    expect(Object.fromEntries(SEGMENT_IDS.map((id, i) => [id, splitter.segments[i]]))).toEqual({
      queueWait: 1,
      encode: 2,
      transportIn: 3,
      decode: 4,
      workerWait: 5,
      execution: 6,
      reply: 7,
      transportOut: 8,
      settle: 9,
    });
    expect(splitter).toMatchObject({ isComplete: true, latencyMs: 45, disorderMs: 0 });
  });

  it('adds up to settled − submitted exactly, for stamps in any order of time', () => {
    fc.assert(
      fc.property(anyStamps, (stamps) => {
        const splitter = splitOf(stamps);
        expect(sumOf(splitter)).toBe(splitter.latencyMs);
        expect(splitter.latencyMs).toBe(Math.max(0, (stamps[9] ?? 0) - (stamps[0] ?? 0)));
        expect(splitter.segments.every((ms) => ms >= 0)).toBe(true);
      }),
    );
  });

  it('moves nothing when the stamps are in order', () => {
    fc.assert(
      fc.property(anyStamps, (stamps) => {
        const sorted = stamps.toSorted((a, b) => a - b);
        const splitter = splitOf(sorted);
        expect(splitter.disorderMs).toBe(0);
        sorted.slice(1).forEach((stamp, i) => expect(splitter.segments[i]).toBe(stamp - (sorted[i] ?? 0)));
      }),
    );
  });

  it('moves the stamps of a worker together when its clock is behind or ahead', () => {
    const behind = splitOf([0, 1, 3, 2.5, 4, 5, 6, 7, 8, 9]);
    expect([...behind.segments]).toEqual([1, 2, 0, 1.5, 1, 1, 1, 0.5, 1]);
    expect(behind.disorderMs).toBe(0.5);
    const ahead = splitOf([0, 1, 2, 4, 5, 6, 8, 10, 9, 9]);
    expect([...ahead.segments]).toEqual([1, 1, 1, 1, 1, 2, 2, 0, 0]);
    expect(ahead.disorderMs).toBe(1);
  });

  it('keeps what a worker says of itself, however far its clock is off', () => {
    const offMs = fc.integer({ min: -(2 ** 30), max: 2 ** 30 }).map((steps) => steps / 2 ** 20);
    fc.assert(
      fc.property(anyStamps, offMs, (stamps, offMs) => {
        const sorted = stamps.toSorted((a, b) => a - b);
        const right = splitOf(sorted);
        const off = splitOf(sorted.map((stamp, i) => (i >= 3 && i <= 7 ? stamp + offMs : stamp)));
        expect(off.latencyMs).toBe(right.latencyMs);
        expect([...off.segments.subarray(3, 7)]).toEqual([...right.segments.subarray(3, 7)]);
      }),
    );
  });

  it('moves a single stamp from before its neighbour to it, and says by how much', () => {
    const splitter = splitOf([0, 1, 2, 3, 4, 5, 4.5, 7, 8, 9]);
    expect([...splitter.segments]).toEqual([1, 1, 1, 1, 1, 0, 2, 1, 1]);
    expect(splitter.disorderMs).toBe(0.5);
  });

  it('stops at the first stamp that is missing, and the parts before it still add up', () => {
    fc.assert(
      fc.property(anyStamps, fc.integer({ min: 0, max: 9 }), (stamps, missing) => {
        const splitter = splitOf(stamps.toSorted((a, b) => a - b).map((stamp, i) => (i >= missing ? NaN : stamp)));
        expect(splitter.reached).toBe(missing - 1);
        expect(splitter.isComplete).toBe(false);
        expect(sumOf(splitter)).toBe(splitter.latencyMs);
      }),
    );
  });

  it('forgets the trace before', () => {
    const splitter = new TraceSplitter();
    splitter.split(traceOf([1, 9, 9, 9, 9, 9, 9, 9, 9], { sentAt: 0 }));
    splitter.split({ ...base, ...fromStamps([5, 7]) });
    expect(splitter).toMatchObject({ reached: 1, latencyMs: 2, disorderMs: 0 });
  });
});
