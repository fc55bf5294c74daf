import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WorkersOption, Workload } from '../../src/contract/options.js';
import { sizeRange, startConcurrency, wantedWorkers } from '../../src/sizing/static-size.js';

describe('sizeRange', () => {
  it.each<[workers: WorkersOption, workload: Workload, cores: number, min: number, start: number, max: number]>([
    [3, 'auto', 8, 3, 3, 3],
    [3, 'io', 0.5, 3, 3, 3],
    ['auto', 'auto', 8, 1, 8, 64],
    ['auto', 'cpu', 8, 1, 8, 64],
    ['auto', 'io', 8, 1, 4, 64],
    ['auto', 'mixed', 5, 1, 8, 40],
    ['auto', 'cpu', 0.25, 1, 1, 2],
    ['auto', 'io', 0.1, 1, 1, 1],
    ['auto', 'cpu', 1.5, 1, 2, 12],
    ['auto', 'cpu', 100, 1, 100, 512],
    ['auto', 'cpu', 1000, 1, 1000, 1000],
    [{}, 'cpu', 4, 1, 4, 32],
    [{ min: 2 }, 'cpu', 4, 2, 4, 32],
    [{ min: 9 }, 'cpu', 4, 9, 9, 32],
    [{ min: 90 }, 'cpu', 4, 90, 90, 90],
    [{ max: 2 }, 'cpu', 4, 1, 2, 2],
    [{ max: 9 }, 'cpu', 4, 1, 4, 9],
    [{ max: 0 }, 'cpu', 4, 0, 0, 0],
    [{ min: 0 }, 'cpu', 4, 0, 4, 32],
    [{ min: 2, max: 6 }, 'io', 4, 2, 2, 6],
  ])('for workers %j, %s work and %d cores: from %d, at first %d, up to %d', (workers, workload, cores, ...range) => {
    const { min, start, max } = sizeRange(workers, workload, () => cores, undefined);
    expect([min, start, max]).toEqual(range);
  });

  it('gives its reason', () => {
    expect(sizeRange(3, 'auto', () => 8, undefined).reason).toBe('workers: 3');
    expect(sizeRange('auto', 'io', () => 1.5, undefined).reason).toBe('1.5 usable cores, workload io');
    expect(sizeRange('auto', 'cpu', () => 1, undefined).reason).toBe('1 usable core, workload cpu');
    expect(sizeRange({ min: 1, max: 4 }, 'auto', () => 2, '').reason).toBe(
      'workers: 1–4, 2 usable cores, workload auto',
    );
    const given = [{ max: 4 }, { min: 2 }, {}, { min: 2, max: 2 }, { max: 4, spare: 2 }, { spare: 1 }];
    const reasons = given.map((workers) => sizeRange(workers, 'cpu', () => 2, '').reason);
    expect(reasons.map((reason) => reason.split(',')[0])).toEqual([
      'workers: up to 4',
      'workers: 2 or more',
      'workers: any number',
      'workers: 2',
      'workers: up to 4 and 2 spare',
      'workers: any number and 1 spare',
    ]);
  });
});

describe('MILLPOND_WORKERS', () => {
  it.each<[workers: WorkersOption, value: string, min: number, start: number, max: number]>([
    ['auto', '6', 6, 6, 6],
    [{}, '6', 6, 6, 6],
    [{ min: 2 }, '6', 2, 6, 6],
    // What the program says itself stands.
    [{ min: 9 }, '6', 9, 9, 9],
    [{ min: 0 }, '6', 0, 6, 6],
    [{ max: 3 }, '6', 1, 3, 3],
    [{ max: 9 }, '6', 1, 4, 9],
    [{ min: 2, max: 3 }, '6', 2, 3, 3],
    [4, '6', 4, 4, 4],
    ['auto', '', 1, 4, 32],
  ])('makes of workers %j and "%s": from %d, at first %d, up to %d', (workers, value, ...range) => {
    const { min, start, max } = sizeRange(workers, 'cpu', () => 4, value);
    expect([min, start, max]).toEqual(range);
  });

  it('is the reason, beside the least that the program sets', () => {
    const reasons = (['auto', { spare: 1 }, { min: 9 }] as const).map(
      (workers) => sizeRange(workers, 'cpu', () => 4, '6').reason,
    );
    expect(reasons).toEqual([
      'MILLPOND_WORKERS=6',
      'workers: any number and 1 spare, MILLPOND_WORKERS=6',
      'workers: 9 or more, MILLPOND_WORKERS=6',
    ]);
  });

  it.each(['0', '-1', '1.5', 'all', ' '])('is refused as "%s"', (value) => {
    expect(() => sizeRange('auto', 'cpu', () => 4, value)).toThrow(
      `MILLPOND_WORKERS" must be an integer from 1 to 4096 in the environment, and was "${value}".`,
    );
  });
});

describe('tasks at once at the start', () => {
  it.each<[workload: Workload, min: number, max: number, start: number]>([
    ['auto', 1, 512, 1],
    ['cpu', 1, 512, 1],
    ['mixed', 1, 512, 4],
    ['io', 1, 512, 16],
    ['io', 1, 8, 8],
    ['cpu', 7, 7, 7],
  ])('for %s work, from %d to %d allowed, are %d', (workload, min, max, start) => {
    expect(startConcurrency({ min, max }, workload)).toBe(start);
  });
});

describe('spares', () => {
  it('come beside the workers', () => {
    expect(sizeRange({ min: 2, max: 3, spare: 1 }, 'cpu', () => 4, undefined)).toMatchObject({ max: 3, spare: 1 });
    expect(sizeRange('auto', 'cpu', () => 4, undefined).spare).toBe(0);
  });
});

describe('wantedWorkers', () => {
  const range = { min: 1, start: 4, max: 32, spare: 0, reason: '' };

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

  it('is never outside of the range, never less than there are, and grows no further than the start', () => {
    const ranges = fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9)).map((bounds) => bounds.sort((a, b) => a - b));
    fc.assert(
      fc.property(ranges, fc.nat(9), fc.nat(1000), fc.integer({ min: 1, max: 50 }), (bounds, some, tasks, each) => {
        const [min = 0, start = 0, max = 0] = bounds;
        const now = Math.min(some, max);
        const wanted = wantedWorkers({ min, start, max, spare: 0, reason: '' }, now, tasks, each);
        expect(wanted).toBeGreaterThanOrEqual(Math.max(min, now));
        expect(wanted).toBeLessThanOrEqual(Math.max(start, now));
      }),
    );
  });
});
