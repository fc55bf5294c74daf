import { describe, expect, it } from 'vitest';
import { heapLimitMb } from '../../src/sizing/heap-limit.js';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const SHARE = { perWorkerBytes: undefined, limitBytes: undefined, workers: 4, defaultBytes: 4 * GIB };

describe('the heap of a worker', () => {
  it('is what the option says, whatever there is', () => {
    expect(heapLimitMb({ ...SHARE, perWorkerBytes: 300 * MIB })).toBe(300);
    expect(heapLimitMb({ ...SHARE, perWorkerBytes: 8 * GIB, limitBytes: GIB })).toBe(8192);
    expect(heapLimitMb({ ...SHARE, perWorkerBytes: 1 })).toBe(1);
  });

  it('is its part of three quarters of the limit', () => {
    expect(heapLimitMb({ ...SHARE, limitBytes: 2 * GIB })).toBe(384);
    expect(heapLimitMb({ ...SHARE, limitBytes: 2 * GIB, workers: 1 })).toBe(1536);
    expect(heapLimitMb({ ...SHARE, limitBytes: 2 * GIB, workers: 0 })).toBe(1536);
  });

  it('is never so small that ordinary modules do not load', () => {
    expect(heapLimitMb({ ...SHARE, limitBytes: 256 * MIB })).toBe(128);
  });

  it('is left to V8 where that gives no more, and where no limit is known', () => {
    expect(heapLimitMb({ ...SHARE, limitBytes: 64 * GIB })).toBeUndefined();
    expect(heapLimitMb(SHARE)).toBeUndefined();
  });
});
