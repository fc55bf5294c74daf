import fc from 'fast-check';
import { expect, it } from 'vitest';
import { averaged, coresFor, CoreShare, mayKill, takeExcess } from '../../src/sizing/governor.js';

const uses = (usedCores: number, isShort = false): { usedCores: number; isShort: boolean } => ({ usedCores, isShort });

it('a pool alone has all cores; two that need them have half each; what one leaves, the other has', () => {
  expect(coresFor(8, [])).toBe(8);
  expect(coresFor(8, [uses(6)])).toBe(4);
  expect(coresFor(8, [uses(1)])).toBe(7);
  expect(coresFor(8, [uses(3), uses(3)])).toBeCloseTo(8 / 3);
  expect(coresFor(1, [uses(1), uses(1), uses(1)])).toBe(0.5);
});

it('cores that a pool that is short has not got do not count as left', () => {
  expect(coresFor(2, [uses(0.7, true)])).toBe(1);
  expect(coresFor(2, [uses(0.7)])).toBeCloseTo(1.3);
  expect(coresFor(8, [uses(5, true)])).toBe(4);
});

it('no pool has more than there is, and all together count on no more than twice that', () => {
  const pools = fc.array(fc.double({ min: 0, max: 8, noNaN: true }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.double({ min: 1, max: 128, noNaN: true }), pools, (cores, used) => {
      const scale = Math.min(1, cores / used.reduce((sum, each) => sum + each, 1e-9));
      const members = used.map((each, index) => uses(each * scale, index % 2 === 0));
      const counts = members.map((member) =>
        coresFor(
          cores,
          members.filter((each) => each !== member),
        ),
      );
      for (const count of counts) expect(count).toBeLessThanOrEqual(cores);
    }),
  );
});

it('seats of one program know of each other, until they leave', () => {
  const [a, b] = [new CoreShare(), new CoreShare()];
  a.join();
  b.join();
  expect(a.coresOf(4)).toBe(4);
  b.tell({ usedCores: 2, isActive: true, isShort: false }, 250);
  expect(a.coresOf(4)).toBe(2);
  b.tell({ usedCores: 0.5, isActive: true, isShort: false }, 60_000);
  expect(a.coresOf(4)).toBeCloseTo(3.5);
  b.leave();
  expect(a.coresOf(4)).toBe(4);
  a.leave();
});

it('a pool whose work comes in bursts uses what it uses on average', () => {
  let used = averaged(1, 2, 250);
  const seen = [used];
  for (let look = 1; look < 40; look++) seen.push((used = averaged(used, look % 2 === 0 ? 2 : 0, 250)));
  expect(Math.max(...seen)).toBeLessThan(1.25);
  expect(Math.min(...seen)).toBeGreaterThan(0.75);
  expect(averaged(1, 2, 10_000)).toBeCloseTo(2);
});

it('after a kill for memory, time passes before the next, even by another pool', () => {
  expect([mayKill(1000, 500), mayKill(1400, 500), mayKill(1500, 500)]).toEqual([true, false, true]);
});

it('too many computing workers of all pools together are reported once in a program', () => {
  const pools = [new CoreShare(), new CoreShare()];
  const tell = (computingWorkers: number): void => {
    for (const pool of pools) {
      pool.join();
      pool.tell({ usedCores: 0, isActive: true, isShort: false, computingWorkers }, 250);
    }
  };
  tell(4);
  expect(takeExcess(2)).toBeUndefined();
  tell(5);
  expect(takeExcess(3)).toBeUndefined();
  expect(takeExcess(2)).toBe(10);
  expect(takeExcess(2)).toBeUndefined();
  for (const pool of pools) pool.leave();
});
