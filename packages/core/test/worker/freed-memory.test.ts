import { expect, it, vi } from 'vitest';
import { noteLargeResult } from '../../src/worker/freed-memory.js';

const MIB = 2 ** 20;
const allocated: number[] = [];

vi.mock('../../src/base/natives.js', () => ({
  Buffer: {
    allocUnsafeSlow(bytes: number): never {
      allocated.push(bytes);
      throw new RangeError('Array buffer allocation failed');
    },
  },
}));

it('a lesson for glibc is given once, after many large results, and costs none of them where there is no room for it', () => {
  noteLargeResult(200 * MIB);
  noteLargeResult(56 * MIB);
  expect(allocated).toEqual([]);
  for (let more = 0; more < 3; more++) noteLargeResult(MIB);
  expect(allocated).toHaveLength(1);
  // What glibc adds to it must not exceed the most that it learns from.
  expect(allocated[0]).toBeLessThanOrEqual(32 * MIB - 4096);
});
