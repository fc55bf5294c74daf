import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { depth, nextPrefetchMs, roomFor, worthPrefetchingMs } from '../../src/dispatch/prefetch.js';
import { PREFETCH_MS } from '../../src/wire/pace.js';

const IDLE = { calls: 0, expectedMs: 0, tasksLeft: Infinity };

describe('roomFor', () => {
  it.each([
    // concurrency, prefetch, expectedMs of each task, room in an idle worker
    [1, 'auto', 1000, 1],
    [1, 'auto', 1, 1],
    [1, 'auto', 0.5, 2],
    [1, 'auto', 0.01, 100],
    [1, 'auto', 0, 513],
    [8, 'auto', 1000, 8],
    [8, 'auto', 0, 520],
    [1, 0, 0, 1],
    [1, 5, 1000, 6],
    [4, 5, 0, 9],
  ] as const)(
    'with concurrency %d, prefetch %s and tasks of %d ms, is %d for an idle worker',
    (concurrency, prefetch, ms, room) => {
      expect(roomFor(IDLE, concurrency, prefetch, ms)).toBe(room);
      expect(depth(concurrency, prefetch, ms)).toBeGreaterThanOrEqual(room);
    },
  );

  it('is less by what the worker has in flight', () => {
    expect(roomFor({ ...IDLE, calls: 3, expectedMs: 0.5 }, 1, 'auto', 0.125)).toBe(4);
    expect(roomFor({ ...IDLE, calls: 3, expectedMs: 30 }, 1, 'auto', 0.1)).toBeLessThanOrEqual(0);
    expect(roomFor({ ...IDLE, calls: 3, expectedMs: 30 }, 4, 'auto', 10)).toBe(1);
    expect(roomFor({ ...IDLE, calls: 3, expectedMs: 0 }, 1, 5, 10)).toBe(3);
    expect(roomFor({ ...IDLE, calls: 9, expectedMs: 0 }, 1, 5, 10)).toBe(0);
  });

  it('is never more than the tasks that the worker may still be given', () => {
    expect(roomFor({ ...IDLE, tasksLeft: 3 }, 1, 'auto', 0.01)).toBe(3);
    expect(roomFor({ ...IDLE, tasksLeft: 1 }, 8, 5, 0.01)).toBe(1);
    expect(roomFor({ ...IDLE, calls: 2, tasksLeft: 0 }, 8, 'auto', 0.01)).toBe(0);
  });

  it('always offers every free place, and never more ahead than the work it may have or 512 tasks', () => {
    const view = fc.record({
      calls: fc.nat(600),
      expectedMs: fc.double({ min: 0, max: 50, noNaN: true }),
      tasksLeft: fc.constant(Infinity),
    });
    const ms = fc.double({ min: 0, max: 100, noNaN: true });
    const ahead = fc.double({ min: 1, max: 16, noNaN: true });
    fc.assert(
      fc.property(view, fc.integer({ min: 1, max: 100 }), ms, ahead, (worker, concurrency, expectedMs, prefetchMs) => {
        const places = Math.max(0, concurrency - worker.calls);
        const room = roomFor(worker, concurrency, 'auto', expectedMs, prefetchMs);
        expect(room).toBeGreaterThanOrEqual(places);
        if (room > places) {
          expect(worker.expectedMs + room * expectedMs).toBeLessThanOrEqual(prefetchMs + 1e-6);
          expect(worker.calls + room).toBeLessThanOrEqual(concurrency + 512);
        }
      }),
    );
  });
});

describe('work sent ahead', () => {
  it('is an eighth of what waits for each worker, 1 ms at least and 8 at most', () => {
    expect([0, 10, 100, 500, 10_000].map((waiting) => worthPrefetchingMs(waiting, 0.1))).toEqual([1, 1, 1.25, 6.25, 8]);
    expect(roomFor(IDLE, 1, 'auto', 0.1, 8)).toBe(80);
    expect(roomFor(IDLE, 1, 'auto', 0.1, 16)).toBe(160);
    expect(roomFor(IDLE, 1, 0, 0.1, 8)).toBe(1);
  });

  it('doubles whenever the worker ran dry, up to 16 ms, and comes back slowly when it does not', () => {
    let prefetchMs = PREFETCH_MS;
    const dry = Array.from({ length: 6 }, () => (prefetchMs = nextPrefetchMs(prefetchMs, true)));
    expect(dry).toEqual([2, 4, 8, 16, 16, 16]);
    for (let frame = 0; frame < 35; frame++) prefetchMs = nextPrefetchMs(prefetchMs, false);
    expect(prefetchMs).toBeGreaterThan(8);
    for (let frame = 0; frame < 1000; frame++) prefetchMs = nextPrefetchMs(prefetchMs, false);
    expect(prefetchMs).toBeCloseTo(PREFETCH_MS, 3);
  });
});
