import { deserialize, serialize } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { errorFromWire, errorToWire } from '../../src/wire/error-wire.js';

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
  const canSend = (value: unknown): boolean => {
    try {
      clone(value);
      return true;
    } catch {
      return false;
    }
  };
  /** To the other side and back into an error. */
  const cross = (thrown: unknown): Error & Record<string, unknown> =>
    errorFromWire(clone(errorToWire(thrown, canSend)) as never) as Error & Record<string, unknown>;

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

  it('with a cyclic cause arrives cut', () => {
    const a = new Error('a');
    const b = new Error('b', { cause: a });
    a.cause = b;
    const arrived = cross(a);
    expect((arrived.cause as Error).message).toBe('b');
    expect(((arrived.cause as Error).cause as Error).cause).toBeUndefined();
    expect((arrived.cause as Error).cause).toBe('[circular Error]');
  });

  it('with causes nested without end arrives with the outermost', () => {
    let error = new Error('0');
    for (let depth = 1; depth < 100; depth++) error = new Error(String(depth), { cause: error });
    const arrived = cross(error);
    expect(arrived.message).toBe('99');
    expect((arrived.cause as Error).message).toBe('98');
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
