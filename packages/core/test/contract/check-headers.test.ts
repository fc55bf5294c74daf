import { describe, expect, it } from 'vitest';
import { checkBroadcastOptions, checkMapOptions, checkRunOptions } from '../../src/contract/check-options.js';
import { isPoolError } from '../../src/contract/errors.js';

const own = (headers: unknown): Readonly<Record<string, string>> | undefined =>
  checkRunOptions({ headers } as never).headers as Readonly<Record<string, string>> | undefined;

function isRefused(headers: unknown): boolean {
  try {
    own(headers);
    return false;
  } catch (error) {
    return (
      isPoolError(error, 'ERR_OPTION') && error.message.includes('"headers" must be an object of at most 64 strings')
    );
  }
}

describe('headers of a call', () => {
  it('are copied, so that later changes do not reach them, and frozen', () => {
    const given: Record<string, string> = { traceparent: 'a' };
    const headers = own(given);
    given['traceparent'] = 'b';
    expect({ ...headers }).toEqual({ traceparent: 'a' });
    expect(Object.isFrozen(headers)).toBe(true);
    expect(headers?.['constructor']).toBeUndefined();
  });

  it('without any are none at all, so that nothing is sent', () => {
    expect([own({}), own({ traceparent: undefined }), own(undefined)]).toEqual([undefined, undefined, undefined]);
  });

  it('may have any name, also that of a prototype', () => {
    const given = JSON.parse('{ "__proto__": "a", "constructor": "b" }') as object;
    expect(Object.entries(own(given) ?? {})).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
  });

  it('are bounded: 64 of them, 8192 bytes with their names', () => {
    const many = (count: number): object => Object.fromEntries(Array.from({ length: count }, (_, n) => [`h${n}`, '']));
    expect([isRefused(many(64)), isRefused(many(65))]).toEqual([false, true]);
    expect([isRefused({ name: 'x'.repeat(8188) }), isRefused({ name: 'x'.repeat(8189) })]).toEqual([false, true]);
    // Two bytes each.
    expect([isRefused({ name: 'ü'.repeat(4094) }), isRefused({ name: 'ü'.repeat(4095) })]).toEqual([false, true]);
  });

  it.each([['a text'], [[]], [{ a: 1 }], [{ a: null }], [new Map([['a', 'b']])], [null]])('refuse %j', (headers) => {
    expect(isRefused(headers)).toBe(true);
  });

  it('are checked for map and broadcast, too', () => {
    for (const check of [checkMapOptions, checkBroadcastOptions]) {
      expect(() => check({ headers: { a: 1 } } as never)).toThrow(/"headers" must be/);
      expect({ ...check({ headers: { a: 'b' } }).headers }).toEqual({ a: 'b' });
    }
  });
});
