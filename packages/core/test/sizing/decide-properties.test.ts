import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SizingLimits } from '../../src/sizing/sample.js';
import { COMPUTING, type Kind, type Situation, SizedPool } from '../support/sized-pool.js';

const share = (min: number): fc.Arbitrary<number> => fc.double({ min, max: 1, noNaN: true });

const kinds: fc.Arbitrary<Kind> = fc
  .record({ loop: fc.oneof(fc.constant(1), share(0.002)), cpu: fc.oneof(fc.constant(1), share(0.02)), after: share(0) })
  .map(({ loop, cpu, after }) => ({ loop, cpu: loop * cpu, after }));

const situations: fc.Arbitrary<Situation> = fc.record({
  kind: kinds,
  tasks: fc.oneof(fc.constant(0), fc.nat(20), fc.nat(5000)),
  memoryCap: fc.oneof(fc.constant(Infinity), fc.integer({ min: 1, max: 8 })),
  memoryRoom: fc.oneof(fc.constant(Infinity), fc.nat(3)),
});

const limitsOfAll: fc.Arbitrary<SizingLimits> = fc
  .record({
    min: fc.nat(4),
    max: fc.integer({ min: 1, max: 64 }),
    most: fc.integer({ min: 1, max: 512 }),
    cores: fc.double({ min: 0.5, max: 64, noNaN: true }),
  })
  .map(({ min, max, most, cores }) => ({
    minWorkers: Math.min(min, max),
    maxWorkers: max,
    minConcurrency: 1,
    maxConcurrency: most,
    cores,
  }));

const stories = fc.array(fc.tuple(fc.integer({ min: 1, max: 8 }), situations), { maxLength: 20 });
const boots = fc.constantFrom(0, 60, 400, 5000);

/** The most of some seconds: a trial of fewer may be under way. */
function mostOfLate({ history }: SizedPool): number {
  return Math.max(...history.slice(-12).map(({ workers }) => workers));
}

describe('whatever happens', () => {
  it('both numbers stay within their limits', () => {
    fc.assert(
      fc.property(limitsOfAll, boots, stories, (limits, bootMs, story) => {
        const pool = new SizedPool(limits, bootMs);
        for (const [seconds, situation] of story) pool.run(seconds, situation);
        for (const { workers, concurrency } of pool.history) {
          // Under a least of none, one that is of no use may go as well.
          expect(workers).toBeGreaterThanOrEqual(Math.min(limits.minWorkers, 1));
          expect(workers).toBeLessThanOrEqual(limits.maxWorkers);
          expect(Number.isInteger(workers) && Number.isInteger(concurrency)).toBe(true);
          expect(concurrency).toBeGreaterThanOrEqual(1);
          expect(concurrency).toBeLessThanOrEqual(limits.maxConcurrency);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('memory is obeyed: no more workers than may work, from the next tick on, and none started that has no room', () => {
    fc.assert(
      fc.property(limitsOfAll, boots, stories, (limits, bootMs, story) => {
        const pool = new SizedPool(limits, bootMs);
        for (const [seconds, situation] of story) {
          const { memoryCap = Infinity, memoryRoom = Infinity } = situation;
          for (let tick = 0; tick < seconds * 4; tick++) {
            const before = pool.numbers.workers;
            const { workers } = pool.run(0.25, situation);
            expect(workers).toBeLessThanOrEqual(memoryCap);
            // The first one is not a matter of room: with none, nothing would ever be done.
            expect(workers).toBeLessThanOrEqual(Math.max(1, before + memoryRoom));
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('a change has a reason, and nothing else has one', () => {
    fc.assert(
      fc.property(limitsOfAll, boots, stories, (limits, bootMs, story) => {
        const pool = new SizedPool(limits, bootMs);
        let previous = pool.numbers;
        for (const [seconds, situation] of story) pool.run(seconds, situation);
        for (const { reason, ...numbers } of pool.history) {
          const isChange = numbers.workers !== previous.workers || numbers.concurrency !== previous.concurrency;
          expect(reason !== '').toBe(isChange);
          expect(reason).not.toMatch(/(^|[^.\d])1 (tasks|workers|cores)\b/);
          previous = numbers;
        }
      }),
      { numRuns: 100 },
    );
  });

  it('a steady load comes to rest: no cycle but single trials', () => {
    fc.assert(
      fc.property(limitsOfAll, kinds, fc.integer({ min: 1, max: 5000 }), (limits, kind, tasks) => {
        const pool = new SizedPool(limits);
        pool.run(90, { kind, tasks });
        const before = pool.history.length;
        pool.run(120, { kind, tasks });
        const resting = pool.history.slice(before);
        const changes = (key: 'workers' | 'concurrency'): number =>
          resting.filter((now, tick) => tick > 0 && now[key] !== resting[tick - 1]?.[key]).length;
        // A trial every half minute, there and back, in two minutes; one more may be under way.
        expect(changes('workers')).toBeLessThanOrEqual(10);
        expect(changes('concurrency')).toBeLessThanOrEqual(10);
      }),
      {
        numRuns: 200,
        // Tasks at the bound between those that wait and those that do not.
        examples: [
          [
            { minWorkers: 0, maxWorkers: 5, minConcurrency: 1, maxConcurrency: 2, cores: 0.5 },
            { loop: 0.756636173857241, cpu: 0.08112127538091495, after: 0 },
            9,
          ],
        ],
      },
    );
  });

  it('after a long time without work, a pool that is needed is as large as one that always was', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 64, noNaN: true }), boots, (cores, bootMs) => {
        const limits = { minWorkers: 0, maxWorkers: 512, minConcurrency: 1, maxConcurrency: 512, cores };
        const pool = new SizedPool(limits, bootMs);
        pool.run(60, { kind: COMPUTING, tasks: 0 });
        pool.run(20 + (bootMs / 1000) * 8, { kind: COMPUTING, tasks: 10_000 });
        const always = new SizedPool(limits, bootMs);
        always.run(20, { kind: COMPUTING, tasks: 10_000 });
        expect(mostOfLate(pool)).toBe(mostOfLate(always));
      }),
      { numRuns: 50 },
    );
  });

  it('more cores never mean fewer workers for tasks that compute', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 64 }), (a, b) => {
        const workersOn = (cores: number): number => {
          const pool = new SizedPool({ minWorkers: 1, maxWorkers: 512, minConcurrency: 1, maxConcurrency: 512, cores });
          pool.run(10, { kind: COMPUTING, tasks: 10_000 });
          return mostOfLate(pool);
        };
        expect(workersOn(Math.max(a, b))).toBeGreaterThanOrEqual(workersOn(Math.min(a, b)));
      }),
      { numRuns: 30 },
    );
  });
});
