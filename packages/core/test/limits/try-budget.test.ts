import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TryBudget } from '../../src/limits/try-budget.js';

it('further tries are a share of the first ones, and ten more', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.array(fc.boolean(), { maxLength: 500 }),
      (share, events) => {
        const budget = new TryBudget(share);
        let [first, further] = [0, 0];
        for (const isFirst of events) {
          if (isFirst) {
            first++;
            budget.payIn();
          } else if (budget.takeOut()) further++;
          expect(further).toBeLessThanOrEqual(10 + share * first);
        }
      },
    ),
  );
});

it('a budget that was not used does not grow without bounds', () => {
  const budget = new TryBudget(1);
  for (let tries = 0; tries < 1000; tries++) budget.payIn();
  let further = 0;
  while (budget.takeOut()) further++;
  expect(further).toBe(10);
});
