import { expect, it } from 'vitest';
import { studentQuantile } from '../../src/compare/student.js';

// From printed tables of the distribution.
it.each([
  [0.025, 1, 12.7062],
  [0.025, 2, 4.30265],
  [0.025, 4, 2.77645],
  [0.025, 10, 2.22814],
  [0.025, 30, 2.04227],
  [0.025, 1e6, 1.95997],
  [0.005, 5, 4.03214],
  [0.0005, 3, 12.924],
  [0.05, 8, 1.85955],
])('the value that is exceeded with probability %d at %d degrees is %d', (tail, degrees, expected) => {
  expect(studentQuantile(tail, degrees) / expected).toBeCloseTo(1, 4);
});

it('takes broken degrees of freedom, which lie between', () => {
  const [below, between, above] = [4, 4.5, 5].map((degrees) => studentQuantile(0.025, degrees)) as [
    number,
    number,
    number,
  ];
  expect(between).toBeLessThan(below);
  expect(between).toBeGreaterThan(above);
});
