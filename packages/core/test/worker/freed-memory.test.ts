import { expect, it, vi } from 'vitest';
import { noteLargeResult } from '../../src/worker/freed-memory.js';

const MIB = 2 ** 20;
const allocated: number[] = [];
let nowMs = 0;

vi.mock('../../src/base/natives.js', () => ({
  now: () => nowMs,
  Buffer: {
    allocUnsafeSlow(bytes: number): never {
      allocated.push(bytes);
      throw new RangeError('Array buffer allocation failed');
    },
  },
}));

it('a lesson for glibc is given once, after many large results in a second, and costs none of them without room for it', () => {
  for (; nowMs < 60_000; nowMs += 600) noteLargeResult(100 * MIB);
  expect(allocated).toEqual([]);
  nowMs += 5000;
  noteLargeResult(200 * MIB);
  noteLargeResult(56 * MIB);
  expect(allocated).toEqual([]);
  for (let more = 0; more < 3; more++) noteLargeResult(MIB);
  expect(allocated).toHaveLength(1);
  // What glibc adds to it must not exceed the most that it learns from.
  expect(allocated[0]).toBeLessThanOrEqual(32 * MIB - 4096);
});
