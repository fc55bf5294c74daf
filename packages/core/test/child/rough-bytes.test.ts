import { serialize } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { roughBytes } from '../../src/child/rough-bytes.js';

describe('roughBytes', () => {
  it('is exact for text and buffers, with all that is beneath a view', () => {
    expect(roughBytes('x'.repeat(1000))).toBe(2008);
    expect(roughBytes(new ArrayBuffer(5000))).toBe(5008);
    expect(roughBytes(new Uint8Array(new ArrayBuffer(5000), 10, 20))).toBe(5008);
  });

  it.each([
    ['numbers', Array.from({ length: 10_000 }, (_, n) => n)],
    ['records', Array.from({ length: 1000 }, (_, n) => ({ id: n, name: `name ${n}`, tags: ['a', 'b', 'c'] }))],
    ['a Map', new Map(Array.from({ length: 1000 }, (_, n) => [`key ${n}`, 'x'.repeat(100)]))],
    ['a Set', new Set(Array.from({ length: 1000 }, (_, n) => `member ${n} ${'x'.repeat(50)}`))],
    ['an object of many', Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`key ${n}`, 'x'.repeat(100)]))],
    ['deep lists', [[[[['x'.repeat(10_000)]]]]]],
  ])('is of the order of what a copy takes: %s', (_, value) => {
    const bytes = serialize(value).length;
    expect(roughBytes(value)).toBeGreaterThan(bytes / 4);
    expect(roughBytes(value)).toBeLessThan(bytes * 16);
  });

  it.each([undefined, null, 5, true, 10n, Symbol('x'), () => {}, {}, [], new Date(0), /x/, new Error('x')])(
    'is little for %s',
    (value) => {
      expect(roughBytes(value)).toBeLessThan(200);
    },
  );

  it('comes to an end for what refers to itself', () => {
    const ring: { next?: unknown } = {};
    ring.next = [ring, ring];
    expect(roughBytes(ring)).toBeGreaterThan(0);
  });
});
