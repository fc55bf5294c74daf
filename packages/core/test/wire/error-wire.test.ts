import { inspect } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorFromWire, errorToWire } from '../../src/wire/error-wire.js';
import { emptyModule } from '../support/wasm.js';

const MODULE = '[object WebAssembly.Module]';

type Clone = (value: unknown) => unknown;

/** Between processes, and between threads. */
const LINKS: [name: string, clone: Clone][] = [
  ['v8.serialize', (value) => deserialize(serialize(value))],
  ['structuredClone', structuredClone],
];

class HttpError extends TypeError {
  override name = 'HttpError';
  code = 'E_HTTP';
  status: number;
  headers = new Map([['retry-after', '5']]);

  constructor(status: number, options?: ErrorOptions) {
    super(`status ${status}`, options);
    this.status = status;
  }
}

/** All that can be said of an error, cause by cause. */
function described(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack } = error;
  const cause = 'cause' in error ? { cause: described(error.cause) } : {};
  return { name, message, stack, own: { ...error, name: undefined }, ...cause };
}

describe.each(LINKS)('an error over %s', (_link, clone) => {
  /** To the other side and back into an error. */
  const cross = (thrown: unknown): Error & Record<string, unknown> =>
    errorFromWire(clone(errorToWire(thrown, clone === structuredClone)) as never) as Error & Record<string, unknown>;

  it.each([Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError])(
    'arrives as an instance of its built-in class: %o',
    (Class) => {
      const sent = new Class('broken');
      const arrived = cross(sent);
      expect(arrived.constructor).toBe(Class);
      expect(described(arrived)).toEqual(described(sent));
      expect(Object.keys(arrived)).toEqual([]);
    },
  );

  it('arrives as an AggregateError with its members', () => {
    const arrived = cross(new AggregateError([new RangeError('a'), 'b'], 'both'));
    expect(arrived).toBeInstanceOf(AggregateError);
    expect(arrived.message).toBe('both');
    const [first, second] = arrived['errors'] as unknown[];
    expect(first).toBeInstanceOf(RangeError);
    expect(first).toMatchObject({ message: 'a' });
    expect(second).toBe('b');
  });

  it('arrives as a DOMException with its name and code', () => {
    const arrived = cross(new DOMException('stopped', 'AbortError'));
    expect(arrived).toBeInstanceOf(DOMException);
    expect(arrived).toMatchObject({ name: 'AbortError', message: 'stopped', code: 20 });
  });

  it('of a class of its own keeps name, code, own properties and nearest built-in class', () => {
    const sent = new HttpError(503);
    const arrived = cross(sent);
    expect(arrived).toBeInstanceOf(TypeError);
    expect(arrived).toMatchObject({ name: 'HttpError', code: 'E_HTTP', status: 503, message: 'status 503' });
    expect(arrived['headers']).toEqual(new Map([['retry-after', '5']]));
    expect(arrived.stack).toBe(sent.stack);
    expect(String(arrived)).toBe('HttpError: status 503');
  });

  it('brings its chain of causes', () => {
    const sent = new HttpError(500, { cause: new RangeError('middle', { cause: { reason: 'deep' } }) });
    const arrived = cross(sent);
    expect(described(arrived)).toEqual(described(sent));
    expect(arrived.cause).toBeInstanceOf(RangeError);
    expect(Object.keys(arrived)).not.toContain('cause');
  });

  it('brings a cause that is undefined or null as such, and none where there was none', () => {
    expect('cause' in cross(new Error('x', { cause: undefined }))).toBe(true);
    expect(cross(new Error('x', { cause: null })).cause).toBeNull();
    expect('cause' in cross(new Error('x'))).toBe(false);
  });

  it('with a cyclic cause arrives as the cycle it was', () => {
    const a = new Error('a');
    const b = new Error('b', { cause: a });
    a.cause = b;
    const arrived = cross(a);
    expect((arrived.cause as Error).message).toBe('b');
    expect((arrived.cause as Error).cause).toBe(arrived);
  });

  it('that is its own property arrives as its own property', () => {
    const sent = new HttpError(500);
    const arrived = cross(Object.assign(sent, { self: sent, inside: [{ deep: sent }] }));
    expect(arrived['self']).toBe(arrived);
    expect(arrived['inside']).toEqual([{ deep: arrived }]);
    expect((arrived['inside'] as { deep: unknown }[])[0]?.deep).toBe(arrived);
  });

  it('with errors in its properties brings them whole', () => {
    const first = new HttpError(404);
    const arrived = cross(Object.assign(new Error('both'), { first, tries: [first, { last: new RangeError('far') }] }));
    expect(arrived['first']).toBeInstanceOf(TypeError);
    expect(arrived['first']).toMatchObject({ name: 'HttpError', status: 404 });
    const [again, { last }] = arrived['tries'] as [unknown, { last: unknown }];
    expect(again).toBe(arrived['first']);
    expect(last).toBeInstanceOf(RangeError);
  });

  it('with a list of errors that is no AggregateError brings it', () => {
    const arrived = cross(Object.assign(new Error('invalid'), { errors: [new RangeError('a'), { path: '/b' }] }));
    expect(arrived).not.toBeInstanceOf(AggregateError);
    expect(Object.keys(arrived)).toEqual(['errors']);
    expect(arrived['errors']).toEqual([new RangeError('a'), { path: '/b' }]);
    expect(cross(Object.assign(new Error('invalid'), { errors: { name: 'too long' } }))['errors']).toEqual({
      name: 'too long',
    });
  });

  it('in an AggregateError several times arrives as one', () => {
    const member = new RangeError('a');
    const sent = new AggregateError([member, member, 'b'], 'all', { cause: member });
    const arrived = cross(sent) as unknown as AggregateError & { cause: unknown };
    const [first, second, third] = arrived.errors as unknown[];
    expect(first).toBeInstanceOf(RangeError);
    expect(second).toBe(first);
    expect(third).toBe('b');
    expect(arrived.cause).toBe(first);
    sent.errors.push(sent);
    const ring = cross(sent) as unknown as AggregateError;
    expect(ring.errors[3]).toBe(ring);
  });

  it('with 10,000 causes arrives with the outermost hundred', () => {
    let error = new Error('0');
    for (let depth = 1; depth < 10_000; depth++) error = new Error(String(depth), { cause: error });
    let arrived: Error | undefined = cross(error);
    let depth = 0;
    for (; arrived instanceof Error; depth++) {
      expect(arrived.message).toBe(String(9999 - depth));
      arrived = arrived.cause as Error | undefined;
    }
    expect(depth).toBe(100);
    expect(arrived).toBe('[nested too deeply]');
  });

  it.each(['toString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf', 'constructor', '__proto__', '__defineGetter__'])(
    'of a class named %s arrives as an Error of that name',
    (name) => {
      const Class =
        { [name]: class extends Error {} }[name] ??
        Object.defineProperty(class extends Error {}, 'name', { value: name });
      const sent = new (Class as typeof Error)('odd');
      Object.defineProperty(sent, 'name', { value: name });
      const arrived = cross(sent);
      expect(Object.getPrototypeOf(arrived)).toBe(Error.prototype);
      expect(arrived).toMatchObject({ name, message: 'odd' });
    },
  );

  it('of a class of a user’s own with the name of a built-in one is no instance of that', () => {
    class AggregateError extends RangeError {}
    const arrived = cross(new AggregateError('mine'));
    expect(arrived).toBeInstanceOf(RangeError);
    expect('errors' in arrived).toBe(false);
  });

  it('with methods of its own still can be shown', () => {
    const methods = { toString: () => 'mine', toJSON: () => ({}), valueOf: () => 5, help: () => 'try again' };
    const arrived = cross(Object.assign(new Error('x'), methods));
    expect(String(arrived)).toBe('Error: x');
    expect(JSON.parse(JSON.stringify(arrived))).toEqual({ help: '[function help]', toJSON: '[function toJSON]' });
  });

  it('with a message and a stack of megabytes arrives cut, its calls kept', () => {
    const arrived = cross(new Error(`start ${'x'.repeat(5e6)}`));
    expect(arrived.message).toMatch(/^start x+ … \(\d+ characters more\)$/);
    expect(arrived.message.length).toBeLessThan(2 ** 16 + 50);
    expect(arrived.stack).toMatch(/^Error: start x+/);
    const calls = cross(new Error(`start ${'x'.repeat(2 ** 16)}`)).stack?.slice(-2000);
    expect(calls).toBeDefined();
  });

  it('with properties of megabytes arrives with a description of them', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`p${n}`, n]));
    const big = { text: 'x'.repeat(5e6), bytes: Buffer.alloc(5e6), list: new Array(1e6).fill(1), kept: { status: 4 } };
    const arrived = cross(Object.assign(new Error('x'), big, many));
    expect(arrived).toMatchObject({
      text: '[a text of 5000000 characters]',
      bytes: expect.stringMatching(/^\[a value of 5000000 bytes/) as unknown,
      list: expect.stringMatching(/^\[a value of \d+ bytes: \[a list of 1000000\]/) as unknown,
      kept: { status: 4 },
    });
    expect(Object.keys(arrived)).toHaveLength(1001);
    expect(arrived['…']).toMatch(/^\[\d+ more properties\]$/);
  });

  it('with 5,000 members arrives with a thousand, and says how many more there were', () => {
    const members = Array.from({ length: 5000 }, (_, n) => Object.assign(new Error(`m${n}`), { stack: 'short' }));
    const arrived = cross(new AggregateError(members, 'many')) as unknown as AggregateError;
    expect(arrived.errors).toHaveLength(1001);
    expect(arrived.errors[998]).toMatchObject({ message: 'm998' });
    expect(arrived.errors[999]).toBe('[more errors than are sent]');
    expect(arrived.errors[1000]).toBe('[4000 more]');
  });

  it('is cloned when it is encoded: a getter that fails later loses nothing', () => {
    let reads = 0;
    const detail = { get once() { return reads++ < 2 ? 'seen' : raise('read late'); } }; // prettier-ignore
    expect(cross(Object.assign(new Error('x'), { detail }))['detail']).toEqual({ once: 'seen' });
  });

  it('whose getters throw arrives without what they hide', () => {
    const sent = new Error('kept');
    Object.defineProperty(sent, 'bad', { enumerable: true, get: () => raise('from bad') });
    Object.defineProperty(sent, 'stack', { get: () => raise('from stack') });
    Object.defineProperty(sent, 'cause', { get: () => raise('from cause') });
    const arrived = cross(sent);
    expect(arrived.message).toBe('kept');
    expect(Object.keys(arrived)).toEqual(['bad']);
    expect(arrived['bad']).toBeUndefined();
    expect(arrived.stack).toBe('Error: kept');
  });

  it('with a message that cannot be read still arrives', () => {
    const sent = new Error('x');
    Object.defineProperty(sent, 'message', { get: () => raise('from message') });
    Object.defineProperty(sent, 'name', { value: { toString: () => raise('from name') } });
    expect(cross(sent)).toBeInstanceOf(Error);
  });

  it('with properties that cannot be sent brings their description', () => {
    const arrived = cross(Object.assign(new Error('x'), { handler: function retry() {}, tag: Symbol('t'), ok: 1 }));
    expect(arrived).toMatchObject({ handler: '[function retry]', tag: 'Symbol(t)', ok: 1 });
  });

  it('with an object of the platform that would arrive empty brings its text', () => {
    const error = Object.assign(new Error('text'), { url: new URL('http://localhost/a'), headers: new Headers() });
    expect(cross(error)).toMatchObject({ url: 'http://localhost/a', headers: '[object Headers]' });
    // V8 writes a module of WebAssembly, and cannot read it in another process.
    const parts = { map: new Map([[new URL('x:'), 1]]), set: new Set([emptyModule()]), list: [emptyModule()] };
    const arrived = cross(Object.assign(new RangeError('text'), parts));
    expect(arrived).toBeInstanceOf(RangeError);
    expect(arrived.map).toBe('[object Map]');
    if (clone === structuredClone) expect([...(arrived.set as Set<object>)].map(String)).toEqual([MODULE]);
    else expect([arrived.set, arrived.list]).toEqual(['[object Set]', [MODULE]]);
    const inside = { request: { list: [new URL('http://localhost/b')], depth: 1 } };
    expect(cross(Object.assign(new Error('text'), inside))).toMatchObject({
      request: { list: ['http://localhost/b'], depth: 1 },
    });
  });

  it('that holds a value which nothing can read arrives, with a note in its place', () => {
    const wire = errorToWire(Object.assign(new RangeError('text'), { part: new Map() }), false);
    const node = wire.nodes[0] as { error: { props: [string, unknown][] } };
    node.error.props[0] = ['part', { bytes: Uint8Array.of(0xff, 0x0f, 0x77) }];
    const arrived = errorFromWire(wire) as Error & { part?: unknown };
    expect(arrived).toBeInstanceOf(RangeError);
    expect(arrived.part).toMatch(/^\[a value that cannot be read: /);
  });

  // Node has it from release 24 on.
  const { SuppressedError } = globalThis as {
    SuppressedError?: new (error: unknown, suppressed: unknown, message: string) => Error;
  };
  it.runIf(SuppressedError !== undefined)('arrives as a SuppressedError with its two errors', () => {
    const Class = SuppressedError as NonNullable<typeof SuppressedError>;
    const arrived = cross(new Class(new Error('close'), new TypeError('real'), 'two'));
    expect(arrived).toBeInstanceOf(Class);
    expect(described(arrived.error)).toMatchObject({ name: 'Error', message: 'close' });
    expect(arrived.suppressed).toBeInstanceOf(TypeError);
    expect(Object.keys(arrived)).toEqual([]);
  });

  it('that is frozen arrives', () => {
    expect(cross(Object.freeze(new HttpError(404)))).toMatchObject({ status: 404 });
  });

  it('that is a proxy in revolt arrives as some error', () => {
    const hostile = new Proxy(new Error('x'), {
      get: () => raise('get'),
      has: () => raise('has'),
      getPrototypeOf: (target) => Object.getPrototypeOf(target) as object,
    });
    expect(cross(hostile)).toBeInstanceOf(Error);
  });

  it('of another realm keeps its class', () => {
    const arrived = cross(runInNewContext('new RangeError("elsewhere")'));
    expect(arrived).toBeInstanceOf(RangeError);
    expect(arrived.message).toBe('elsewhere');
  });

  it('whose message cannot be read says so, and not "undefined"', () => {
    const throwing = {
      get: () => {
        throw new Error('inner');
      },
    };
    const arrived = cross(Object.defineProperty(new TypeError('outer'), 'message', throwing));
    expect([arrived instanceof TypeError, arrived.message]).toEqual([
      true,
      'what was thrown has no message that can be read.',
    ]);
  });

  it('may carry a property named __proto__ without changing what it is', () => {
    const sent = Object.defineProperty(new Error('x'), '__proto__', { value: { evil: true }, enumerable: true });
    const arrived = cross(sent);
    expect(arrived).toBeInstanceOf(Error);
    expect(arrived['evil']).toBeUndefined();
  });

  it.each([
    ['null', null],
    ['undefined', undefined],
    ["'stop'", 'stop'],
    ['5', 5],
    ['false', false],
  ])('that was not one, but %s, arrives as one with the value as cause', (text, thrown) => {
    const arrived = cross(thrown);
    expect(arrived).toBeInstanceOf(Error);
    expect(arrived.message).toBe(`The handler threw ${text}, which is not an Error.`);
    expect(arrived.stack).toBe(`Error: ${arrived.message}`);
    expect('cause' in arrived).toBe(true);
    expect(arrived.cause).toBe(thrown);
  });

  it('that was an object brings it as cause, and as text if it cannot be sent', () => {
    expect(cross({ code: 5 }).cause).toEqual({ code: 5 });
    expect(cross(() => {}).message).toBe("The handler threw '[function anonymous]', which is not an Error.");
    expect(cross({ toString: () => raise('toString') })).toBeInstanceOf(Error);
  });
});

function raise(message: string): never {
  throw new Error(message);
}

/** Texts that are names of what objects have, or odd in another way. */
const ODD_TEXT = fc.oneof(
  fc.constantFrom(
    ...Object.getOwnPropertyNames(Object.prototype),
    'then',
    'toJSON',
    'name',
    'stack',
    'errors',
    '',
    '\0',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
/** Ways in which an error can be hard to read. */
const TWISTS: ((error: Error, text: string, other: unknown) => Error)[] = [
  (error) => Object.freeze(error),
  (error) => new Proxy(error, {}),
  (error) => new Proxy(error, { get: () => raise('get') }),
  (error) => new Proxy(error, { ownKeys: () => raise('ownKeys'), getPrototypeOf: () => raise('getPrototypeOf') }),
  (error) => Object.setPrototypeOf(error, null) as Error,
  (error, text) => Object.defineProperty(error, 'name', { get: () => text }),
  (error, text) => Object.defineProperty(error, text, { enumerable: true, get: () => raise('getter') }),
  (error, text, other) => Object.defineProperty(error, text, { enumerable: true, value: other }),
  (error, _, other) => Object.defineProperty(error, 'stack', { value: other }),
  (error, _, other) => Object.defineProperty(error, 'message', { value: other }),
  (error, _, other) => Object.defineProperty(error, 'name', { value: other }),
  (error, _, other) => Object.defineProperty(error, 'cause', { value: other }),
  (error, _, other) => Object.defineProperty(error, 'errors', { value: [other, error, other] }),
  (error) => Object.assign(error, { self: error, list: [error, [error]] }),
  (error) => Object.assign(error, { toJSON: () => raise('toJSON'), toString: () => raise('toString') }),
  (error, text) => Object.defineProperty(error, 'constructor', { value: { name: text } }),
  (error, text) => Object.defineProperty(error, Symbol.toStringTag, { value: text }),
  (error) => new AggregateError([error, error], 'twice', { cause: error }),
  (error, text) => new (Object.defineProperty(class extends Error {}, 'name', { value: text }))('x', { cause: error }),
  (error) =>
    Object.assign(error, { big: 'x'.repeat(2 ** 21), shared: new SharedArrayBuffer(8), port: Promise.resolve() }),
];
const KINDS: ((message: string) => Error)[] = [
  (message) => new Error(message),
  (message) => new RangeError(message),
  (message) => new DOMException(message, 'AbortError'),
  (message) => runInNewContext('new TypeError(message)', { message }) as Error,
  (message) => new AggregateError([message], message),
  (message) => runInNewContext('new AggregateError([message, new Error(message)])', { message }) as Error,
];

describe.each(LINKS)('any error over %s', (_link, clone) => {
  it('arrives as an Error, with parts that can be read', () => {
    const twist = fc.tuple(
      fc.constantFrom(...TWISTS),
      ODD_TEXT,
      fc.anything({ withBigInt: true, withMap: true, withDate: true }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), ODD_TEXT, fc.array(twist, { maxLength: 4 }), (make, message, twists) => {
        let sent = make(message);
        for (const [change, text, other] of twists) sent = attempt(() => change(sent, text, other)) ?? sent;
        const wire = clone(errorToWire(sent, clone === structuredClone));
        const arrived = errorFromWire(wire as never);
        expect(arrived).toBeInstanceOf(Error);
        for (const part of [arrived.name, arrived.message, arrived.stack]) expect(part).toBeTypeOf('string');
        expect(inspect(arrived, { depth: 3 })).toBeTypeOf('string');
      }),
      { numRuns: 500 },
    );
  });
});

/** What a call returns, or undefined when it throws: a twist may not go with the one before. */
function attempt<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch {
    return undefined;
  }
}
