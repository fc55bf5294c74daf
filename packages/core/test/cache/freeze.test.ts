import { describe, expect, it } from 'vitest';
import { freezeAll } from '../../src/cache/freeze.js';

describe('a value is frozen', () => {
  it('with all objects and arrays in it', () => {
    const value = { list: [{ n: 1 }, [2]], bare: Object.assign(Object.create(null) as object, { n: 3 }), text: 'x' };
    expect(freezeAll(value)).toBeGreaterThan(0);
    for (const part of [value, value.list, value.list[0], value.list[1], value.bare]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it('also where it goes in circles', () => {
    const value: Record<string, unknown> = {};
    value['self'] = [value];
    expect(freezeAll(value)).toBeDefined();
    expect(Object.isFrozen(value['self'])).toBe(true);
  });

  it('at any depth, without the stack', () => {
    let value: object = {};
    for (let depth = 0; depth < 100_000; depth++) value = { value };
    expect(freezeAll(value)).toBeDefined();
  });
});

describe('a value stays as it is', () => {
  it.each([
    ['a Map', new Map()],
    ['a Set', new Set()],
    ['a Date', new Date(0)],
    ['a Buffer', Buffer.alloc(1)],
    ['memory', new ArrayBuffer(1)],
    ['an error', new Error('x')],
    ['an instance', new (class Point {})()],
    ['a getter', Object.defineProperty({}, 'x', { get: () => [], enumerable: true })],
    ['a function', { fn: () => {} }],
    ['a class of arrays', new (class Rows extends Array<number> {})()],
    ['a Proxy', new Proxy({}, { get: () => 5 })],
  ])('with %s in it', (_, part) => {
    const value = { before: {}, list: [part] };
    expect(freezeAll(value)).toBeUndefined();
    expect([value, value.before, value.list].some((each) => Object.isFrozen(each))).toBe(false);
  });
});
