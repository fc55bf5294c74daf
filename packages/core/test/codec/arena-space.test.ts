import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArenaSpace } from '../../src/codec/arena-space.js';

describe('the space of an arena', () => {
  it('begins again at the front whenever nothing is in use', () => {
    const space = new ArenaSpace(100);
    expect([space.take(60), space.take(30)]).toEqual([0, 60]);
    space.release(2);
    expect([space.isEmpty, space.take(100)]).toEqual([true, 0]);
  });

  it('fills what was given back before it grows, and grows where that is too short', () => {
    const space = new ArenaSpace(100);
    for (let chunk = 0; chunk < 3; chunk++) space.take(20);
    space.release(2);
    expect([space.take(30), space.usedTo]).toEqual([0, 60]);
    expect([space.take(20), space.take(10)]).toEqual([60, 30]);
  });

  it('has no room for more than fits', () => {
    const space = new ArenaSpace(100);
    expect([space.take(101), space.take(100), space.take(1)]).toEqual([undefined, 0, undefined]);
  });

  it('takes back its newest chunks, their numbers too', () => {
    const space = new ArenaSpace(100);
    space.take(10);
    const mark = space.next;
    space.take(10);
    space.take(10);
    space.undo(mark);
    expect([space.next, space.take(10)]).toEqual([mark, 10]);
  });

  it('is as large as it may be, smaller and larger again', () => {
    const space = new ArenaSpace(100);
    space.take(40);
    space.resize(40);
    expect(space.take(1)).toBeUndefined();
    space.release(1);
    expect([space.take(41), space.take(40)]).toEqual([undefined, 0]);
    space.resize(90);
    expect([space.take(51), space.take(50)]).toEqual([undefined, 40]);
    space.release(3);
    expect(space.take(90)).toBe(0);
  });

  it('gives out any gap that is long enough, and no byte in use or beyond its end, whatever is taken and given back', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ take: fc.integer({ min: 1, max: 60 }) }) },
      fc.record({ release: fc.nat(3) }),
      fc.record({ undo: fc.nat(2) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const space = new ArenaSpace(100);
        let used: { number: number; at: number; end: number }[] = [];
        for (const step of steps) {
          if ('take' in step) {
            const number = space.next;
            const at = space.take(step.take);
            if (at === undefined) {
              expect(longestGap(used)).toBeLessThan(step.take);
              continue;
            }
            const end = at + step.take;
            expect(end).toBeLessThanOrEqual(100);
            expect(used.filter((other) => at < other.end && other.at < end)).toEqual([]);
            used.push({ number, at, end });
          } else if ('release' in step) {
            const before = (used[0]?.number ?? space.next) + Math.min(step.release, used.length);
            space.release(before);
            used = used.filter(({ number }) => number >= before);
          } else {
            const from = space.next - Math.min(step.undo, used.length);
            space.undo(from);
            used = used.filter(({ number }) => number < from);
          }
          expect(space.isEmpty).toBe(used.length === 0);
        }
      }),
    );
  });
});

/** Bytes of the longest piece of 100 that is not in use. */
function longestGap(used: readonly { at: number; end: number }[]): number {
  const pieces = [...used, { at: 100, end: 100 }].toSorted((a, b) => a.at - b.at);
  return Math.max(...pieces.map(({ at }, index) => at - (pieces[index - 1]?.end ?? 0)));
}
