import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Repeats } from '../../src/record/repeats.js';
import { randomFrom } from '../../src/statistics/random.js';

describe('repeated inputs', () => {
  it('cost what they took beyond their first time', () => {
    const repeats = new Repeats();
    expect(repeats.totalMs).toBeNull();
    for (const [hash, ms] of [
      [1, 5],
      [2, 7],
      [1, 3],
      [1, 4],
      [0, 100],
      [0, 100],
    ] as const)
      repeats.add(hash, ms);
    expect(repeats.totalMs).toBe(7);
  });

  it('are estimated without bias where there are more of them than places', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = randomFrom(seed);
        const repeats = new Repeats();
        const hashes = Array.from({ length: 20_000 }, () => 1 + Math.floor(random() * (2 ** 31 - 2)));
        for (let round = 0; round < 3; round++) for (const hash of hashes) repeats.add(hash, 2);
        const share = (repeats.totalMs ?? 0) / (20_000 * 2 * 2);
        expect(share).toBeGreaterThan(0.8);
        expect(share).toBeLessThan(1.2);
      }),
      { numRuns: 20 },
    );
  });
});
