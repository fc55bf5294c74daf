import { describe, expect, it } from 'vitest';
import { renderResult } from '../src/output/result-line.js';
import { describeError, toJson } from '../src/output/to-json.js';

describe('toJson', () => {
  it('leaves plain data as it is, without a copy', () => {
    const value = { a: [1, 'x', null, true, { b: [] }] };
    expect(toJson(value)).toBe(value);
  });

  it.each([
    ['undefined', undefined, null],
    ['BigInt', 12345678901234567890n, '12345678901234567890'],
    ['NaN', Number.NaN, 'NaN'],
    ['Infinity', -Infinity, '-Infinity'],
    ['Date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['a date that is none', new Date(Number.NaN), 'Invalid Date'],
    ['Buffer', Buffer.from('hi'), { $bytes: 'aGk=' }],
    ['Uint8Array', new Uint8Array([104, 105]), { $bytes: 'aGk=' }],
    ['ArrayBuffer', new Uint8Array([104, 105]).buffer, { $bytes: 'aGk=' }],
    ['Float32Array', new Float32Array([0]), { $bytes: 'AAAAAA==', type: 'Float32Array' }],
    ['DataView', new DataView(new ArrayBuffer(1)), { $bytes: 'AA==', type: 'DataView' }],
    ['Map', new Map<unknown, unknown>([['k', 1n]]), { $map: [['k', '1']] }],
    ['Set', new Set([1, 2n]), { $set: [1, '2'] }],
    ['RegExp', /a+/g, '/a+/g'],
    ['Error', Object.assign(new TypeError('no'), { code: 'E1' }), { name: 'TypeError', message: 'no', code: 'E1' }],
    ['boxed BigInt', Object(3n), '3'],
    ['symbol', Symbol('s'), '[Symbol(s)]'],
    ['function', function work() {}, '[function work]'],
  ])('turns %s into JSON data', (_what, value, expected) => {
    expect(toJson(value)).toEqual(expected);
    expect(JSON.parse(JSON.stringify(toJson({ inside: [value] })))).toEqual({ inside: [expected] });
  });

  it('copies only what it must change', () => {
    const kept = { deep: [1] };
    const result = toJson({ kept, n: 1n }) as { kept: object };
    expect(result).toEqual({ kept: { deep: [1] }, n: '1' });
    expect(result.kept).toBe(kept);
  });

  it('leaves undefined out of objects and holes out of nothing', () => {
    expect(JSON.stringify(toJson({ a: undefined, b: 1n }))).toBe('{"b":"1"}');
    // eslint-disable-next-line no-sparse-arrays -- the hole is the point.
    expect(toJson([, 1n])).toEqual([null, '1']);
  });

  it('marks an object inside itself, and repeats one that only occurs twice', () => {
    const loop: Record<string, unknown> = { n: 1 };
    loop['self'] = loop;
    expect(toJson(loop)).toEqual({ n: 1, self: '[Circular]' });
    const twice = { b: 1n };
    expect(toJson([twice, twice])).toEqual([{ b: '1' }, { b: '1' }]);
  });

  it('keeps a key called __proto__ a key, and ignores a toJSON method', () => {
    const own = JSON.parse('{"__proto__": {"x": 1}, "n": 0}') as Record<string, unknown>;
    own['n'] = 1n;
    expect(JSON.stringify(toJson(own))).toBe('{"__proto__":{"x":1},"n":"1"}');
    expect(JSON.stringify(toJson({ a: 1, toJSON: () => 'mine' }))).toBe('{"a":1,"toJSON":"[function toJSON]"}');
  });
});

describe('describeError', () => {
  it('gives name, message and code', () => {
    expect(describeError(Object.assign(new RangeError('m'), { code: 7 }))).toEqual({
      name: 'RangeError',
      message: 'm',
      code: '7',
    });
  });

  it('describes whatever else was thrown', () => {
    expect(describeError(null)).toEqual({ name: 'Error', message: 'null' });
    expect(describeError('text')).toEqual({ name: 'Error', message: 'text' });
    expect(describeError({ why: 1n })).toEqual({ name: 'Error', message: '{"why":"1"}' });
    const hostile = {
      get message() {
        throw new Error('no');
      },
    };
    expect(describeError(hostile)).toEqual({ name: 'Error', message: 'an error that cannot be described' });
  });
});

describe('renderResult', () => {
  it('puts index and id first, and the item where it is asked for', () => {
    expect(renderResult({ index: 0, id: 'a.txt' }, { ok: true, value: 1 }).text).toBe(
      '{"index":0,"id":"a.txt","ok":true,"value":1}',
    );
    expect(renderResult({ index: 3, id: 4, input: { value: 'x' } }, { ok: false, reason: new Error('bad') }).text).toBe(
      '{"index":3,"id":4,"input":"x","ok":false,"error":{"name":"Error","message":"bad"}}',
    );
  });

  it('makes a value that cannot be written a failed item', () => {
    let deep: unknown = 1n;
    for (let i = 0; i < 200_000; i++) deep = [deep];
    const { line } = renderResult({ index: 0, id: 1 }, { ok: true, value: deep });
    expect(line).toMatchObject({ ok: false, error: { code: 'ERR_OUTPUT' } });
  });

  it('writes every line without a line break in it', () => {
    expect(renderResult({ index: 0, id: 'a\nb' }, { ok: true, value: 'c\r\nd' }).text).not.toMatch(/[\r\n]/);
  });
});
