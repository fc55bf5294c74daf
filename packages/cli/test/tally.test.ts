import { describe, expect, it } from 'vitest';
import { Tally } from '../src/run/tally.js';

describe('Tally', () => {
  it('counts failures of more kinds than it keeps apart as one, and loses none', () => {
    const tally = new Tally();
    // Letters, because numbers in a message do not make it another kind.
    const letters = (n: number): string => [...String(n)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
    for (let n = 0; n < 5000; n++) {
      tally.add({ id: n, ok: false, error: { name: 'Error', message: `no user ${letters(n)}` } } as never);
    }
    const classes = tally.topErrors(Infinity);
    expect(classes[0]).toMatchObject({ kind: '(other)', count: 4001 });
    expect(classes).toHaveLength(1000);
    expect(classes.reduce((sum, { count }) => sum + count, 0)).toBe(5000);
  });
});
