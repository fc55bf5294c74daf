import fc from 'fast-check';
import { expect, it } from 'vitest';
import { slotFor } from '../../src/supervise/slots.js';

it('a new worker gets the lowest free slot, a successor that of its worker', () => {
  const of = (...slots: number[]): { slot: number }[] => slots.map((slot) => ({ slot }));
  expect([slotFor([], undefined), slotFor(of(1, 2), undefined), slotFor(of(3, 1), undefined)]).toEqual([1, 3, 2]);
  expect(slotFor(of(1, 2, 3), { slot: 2 })).toBe(2);
});

it('slots of the workers that stay are those from 1 to their number, whoever comes and goes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(fc.nat(7), { maxLength: 50 }), (count, deaths) => {
      const workers: { slot: number }[] = [];
      for (let n = 0; n < count; n++) workers.push({ slot: slotFor(workers, undefined) });
      for (const death of deaths) {
        workers.splice(death % count, 1);
        workers.push({ slot: slotFor(workers, undefined) });
        expect(workers.map(({ slot }) => slot).sort((a, b) => a - b)).toEqual(workers.map((_, n) => n + 1));
      }
    }),
  );
});
