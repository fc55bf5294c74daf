import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Slots } from '../../src/supervise/slots.js';

type Slotted = { slot: number };
const of = (...slots: number[]): Slotted[] => slots.map((slot) => ({ slot }));

/** Slots of a pool with at most `most` workers, spares included. */
function open(most: number): Slots {
  const slots = new Slots();
  slots.limit(most);
  return slots;
}
const next = (slots: Slots, staying: Slotted[], leaving: Slotted[] = [], replaced?: Slotted): number =>
  slots.next({ staying, leaving }, replaced);

describe('the slot of a new worker', () => {
  it('is the lowest free one, and that of a successor the slot of its worker', () => {
    const slots = open(4);
    expect([next(slots, []), next(slots, of(1, 2)), next(slots, of(3, 1))]).toEqual([1, 3, 2]);
    expect(next(slots, of(1, 2, 3), [], { slot: 2 })).toBe(2);
  });

  it('is that of a leaving worker only if there is no other', () => {
    const slots = open(3);
    expect(next(slots, of(2), of(1))).toBe(3);
    expect(next(slots, of(2, 3), of(1))).toBe(1);
  });

  it('is one in which a start has failed only if there is no other, and then the one that failed first', () => {
    const slots = open(3);
    slots.noteStart({ slot: 2 }, false);
    expect([next(slots, of(1)), next(slots, of(1, 3))]).toEqual([3, 2]);
    slots.noteStart({ slot: 1 }, false);
    expect(next(slots, of(3))).toBe(2);
    slots.noteStart({ slot: 2 }, false);
    expect(next(slots, of(3))).toBe(1);
    slots.noteStart({ slot: 2 }, true);
    expect(next(slots, of(3))).toBe(2);
  });

  it('is within the range of the pool, also that of a successor', () => {
    const slots = open(4);
    slots.noteStart({ slot: 4 }, false);
    slots.limit(2);
    expect(slots.isBeyond({ slot: 3 })).toBe(true);
    expect(next(slots, of(1, 3), [], { slot: 3 })).toBe(2);
    expect(next(slots, of(1), of(2))).toBe(2);
  });
});

it('slots of the workers that stay are those from 1 to their number, whichever workers come and go', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.record({ death: fc.nat(7), fails: fc.boolean() }), { maxLength: 50 }),
      (count, deaths) => {
        const slots = open(count);
        const workers: Slotted[] = [];
        const start = (): void => {
          const worker = { slot: next(slots, workers) };
          slots.noteStart(worker, true);
          workers.push(worker);
        };
        for (let n = 0; n < count; n++) start();
        for (const { death, fails } of deaths) {
          workers.splice(death % count, 1);
          if (fails) slots.noteStart({ slot: next(slots, workers) }, false);
          start();
          expect(workers.map(({ slot }) => slot).sort((a, b) => a - b)).toEqual(workers.map((_, n) => n + 1));
        }
      },
    ),
  );
});
