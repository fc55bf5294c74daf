import { describe, expect, it } from 'vitest';
import { withManyNames } from './section-clock.js';

describe('the names of sections', () => {
  it('may be 200,000 of 10 KB', () => {
    const deltas = withManyNames(200_000);
    expect(deltas).toHaveLength(101);
    expect(deltas.every(({ path }) => (path[0]?.length ?? 0) <= 201)).toBe(true);
    expect(deltas.reduce((sum, { count }) => sum + count, 0)).toBe(200_000);
  });
});
