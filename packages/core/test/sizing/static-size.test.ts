import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { sizeRange, wantedWorkers } from '../../src/sizing/static-size.js';
import type { WorkersOption, Workload } from '../../src/contract/options.js';

describe('sizeRange', () => {
  it.each<[workers: WorkersOption, workload: Workload, cores: number, min: number, max: number]>([
    [3, 'auto', 8, 3, 3],
    [3, 'io', 0.5, 3, 3],
    ['auto', 'auto', 8, 1, 8],
    ['auto', 'cpu', 8, 1, 8],
    ['auto', 'io', 8, 1, 12],
    ['auto', 'mixed', 5, 1, 8],
    ['auto', 'cpu', 0.25, 1, 1],
    ['auto', 'io', 0.25, 1, 1],
    ['auto', 'cpu', 1.5, 1, 2],
    [{}, 'cpu', 4, 1, 4],
    [{ min: 2 }, 'cpu', 4, 2, 4],
    [{ min: 9 }, 'cpu', 4, 9, 9],
    [{ max: 2 }, 'cpu', 4, 1, 2],
    [{ max: 9 }, 'cpu', 4, 1, 9],
    [{ min: 0 }, 'cpu', 4, 0, 4],
    [{ min: 2, max: 6 }, 'io', 4, 2, 6],
  ])('for workers %j, %s work and %d cores, the bounds are %d and %d', (workers, workload, cores, min, max) => {
    expect(sizeRange(workers, workload, () => cores)).toMatchObject({ min, max });
  });

  it('gives its reason', () => {
    expect(sizeRange(3, 'auto', () => 8).reason).toBe('workers: 3');
    expect(sizeRange('auto', 'io', () => 1.5).reason).toBe('1.5 usable cores, workload io');
    expect(sizeRange({ min: 1, max: 4 }, 'auto', () => 2).reason).toBe('workers: 1–4, 2 usable cores, workload auto');
  });
});

describe('wantedWorkers', () => {
  const range = { min: 1, max: 4, reason: '' };

  it.each([
    [1, 0, 1, 1],
    [1, 1, 1, 1],
    [1, 2, 1, 2],
    [1, 99, 1, 4],
    [3, 1, 1, 3],
    [1, 8, 4, 2],
    [1, 9, 4, 3],
    [0, 0, 1, 1],
  ])('with %d workers and %d tasks, %d at once each, is %d', (current, tasks, concurrency, wanted) => {
    expect(wantedWorkers(range, current, tasks, concurrency)).toBe(wanted);
  });

  it('is never outside of the range, and never less than there are within it', () => {
    fc.assert(
      fc.property(
        fc.nat(9),
        fc.nat(9),
        fc.nat(20),
        fc.nat(1000),
        fc.integer({ min: 1, max: 50 }),
        (a, b, now, tasks, each) => {
          const bounds = { min: Math.min(a, b), max: Math.max(a, b), reason: '' };
          const wanted = wantedWorkers(bounds, now, tasks, each);
          expect(wanted).toBeGreaterThanOrEqual(bounds.min);
          expect(wanted).toBeLessThanOrEqual(bounds.max);
          expect(wanted).toBeGreaterThanOrEqual(Math.min(now, bounds.max));
        },
      ),
    );
  });
});
