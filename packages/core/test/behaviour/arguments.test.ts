import { Pool } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { failure, fixture, KINDS, withPool } from './pools.js';

type Refused = [what: string, call: (pool: Pool) => unknown, message: RegExp];

const NO_NAMES: [shown: string, value: unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['5', 5],
  ['a symbol', Symbol('echo')],
  ['nothing', ''],
  ['a list', ['echo']],
  ['an object', { toString: () => 'echo' }],
];
const NO_OPTIONS: [shown: string, value: unknown][] = [
  ['null', null],
  ['5', 5],
  ['a text', 'fast'],
  ['a list', []],
  ['a function', () => {}],
];
/** Options of a call that are wrong in themselves. */
const WRONG_OPTIONS: [options: unknown, message: RegExp][] = [
  [{ signal: new AbortController() }, /Option "signal" must be an AbortSignal/],
  [{ signal: null }, /Option "signal" must be an AbortSignal/],
  [{ signal: { aborted: false, addEventListener() {} } }, /Option "signal" must be an AbortSignal/],
  [{ timeoutMs: '1s' }, /Option "timeoutMs" must be a number of milliseconds/],
  [{ timeoutMs: NaN }, /Option "timeoutMs" must be a number of milliseconds/],
  [{ timeoutMs: -5 }, /Option "timeoutMs" must be a number of milliseconds/],
  [{ timeout: 5 }, /Option "timeout" is unknown. Did you mean "timeoutMs"/],
];
const WRONG_RUN_OPTIONS: [options: unknown, message: RegExp][] = [
  ...WRONG_OPTIONS,
  [{ transfer: new ArrayBuffer(8) }, /Option "transfer" must be a list/],
  [{ transfer: [5] }, /Option "transfer" must be a list/],
  [{ transfer: [{}] as never }, /Option "transfer" must be a list/],
  [{ transfer: [new SharedArrayBuffer(8)] as never }, /Option "transfer" must be a list/],
  [
    { transfer: [Buffer.alloc(8)] as never },
    /Option "transfer" must be a list of what moves \(ArrayBuffer, MessagePort and the like; of a Buffer or typed array its `buffer`\)/,
  ],
  [{ onProgress: 'log' }, /Option "onProgress" must be a function/],
  [{ key: 5 }, /Option "key" must be a non-empty string/],
  [{ key: Symbol('k') }, /Option "key" must be a non-empty string/],
  [{ cache: true }, /Option "cache" must be false, or an object/],
  [{ cache: { ttl: 5 } }, /Option "cache" must be .*an object of ttlMs, tags, refresh \(it has "ttl"\)/],
  [{ deadline: 'soon' }, /Option "deadline" must be a valid Date or milliseconds/],
  [{ deadline: new Date(NaN) }, /Option "deadline" must be a valid Date or milliseconds/],
  [{ priority: 1.5 }, /Option "priority" must be an integer/],
  [{ retry: 'twice' }, /Option "retry" must be/],
  [{ [Symbol.iterator]: 1, toString: 2 }, /Option "toString" is unknown/],
];

/** Calls that must throw where they are made. */
const THROWS: Refused[] = [
  ...NO_NAMES.flatMap(([shown, name]): Refused[] => [
    [
      `run with ${shown} as its name`,
      (pool) => pool.run(name as never),
      /Argument "name" must be the name of a handler/,
    ],
    [`map with ${shown} as its name`, (pool) => pool.map(name as never, []), /Argument "name" must be/],
    [`mapSettled with ${shown} as its name`, (pool) => pool.mapSettled(name as never, []), /Argument "name" must be/],
    ...(['get', 'peek', 'has', 'delete'] as const).map((method): Refused => [
      `cache.${method} with ${shown} as its name`,
      (pool) => pool.cache?.[method](name as never),
      /Argument "name" must be the name of a handler/,
    ]),
  ]),
  ...[undefined, null, 5, {}, () => {}, Symbol('s'), { [Symbol.iterator]: 5 }].flatMap((inputs, at): Refused[] => [
    [
      `map over no iterable (${at})`,
      (pool) => pool.map('echo', inputs as never),
      /Argument "inputs" must be an iterable/,
    ],
    [
      `mapSettled over no iterable (${at})`,
      (pool) => pool.mapSettled('echo', inputs as never),
      /Argument "inputs" must be an iterable/,
    ],
  ]),
  ...NO_OPTIONS.flatMap(([shown, options]): Refused[] => [
    [`run with ${shown} for options`, (pool) => pool.run('echo', 1, options as never), /"options" must be an object/],
    [`map with ${shown} for options`, (pool) => pool.map('echo', [], options as never), /"options" must be an object/],
    [
      `mapSettled with ${shown} for options`,
      (pool) => pool.mapSettled('echo', [], options as never),
      /"options" must be an object/,
    ],
    [`close with ${shown} for options`, (pool) => pool.close(options as never), /"options" must be an object/],
    [`a pool with ${shown} for options`, () => new Pool(fixture('echo.mjs'), options as never), /"options" must be an/],
  ]),
  ...WRONG_RUN_OPTIONS.map(([options, message], at): Refused => [
    `run with wrong options (${at})`,
    (pool) => pool.run('echo', 1, options as never),
    message,
  ]),
  ...WRONG_RUN_OPTIONS.filter(([options]) => !('transfer' in (options as object))).map(
    ([options, message], at): Refused => [
      `map with wrong options (${at})`,
      (pool) => pool.map('echo', [1], options as never),
      message,
    ],
  ),
  ['map with transfer', (pool) => pool.map('echo', [], { transfer: [] } as never), /Option "transfer" is unknown/],
  ['map with no window', (pool) => pool.map('echo', [], { window: 0 }), /Option "window" must be an integer/],
  ['map with a word for ordered', (pool) => pool.map('echo', [], { ordered: 'yes' as never }), /Option "ordered" must/],
  ['resize to nothing', (pool) => pool.resize(undefined as never), /Argument "workers" must be/],
  ['resize to null', (pool) => pool.resize(null as never), /Option "workers" must be/],
  ['resize to a text', (pool) => pool.resize('2' as never), /Option "workers" must be/],
  ['recycle for a number', (pool) => pool.recycle(5 as never), /Argument "reason" must be a non-empty string/],
  ['recycle for null', (pool) => pool.recycle(null as never), /Argument "reason" must be a non-empty string/],
  ...([-5, NaN, '1s', null] as never[]).map((timeoutMs): Refused => [
    `close within ${String(timeoutMs)}`,
    (pool) => pool.close({ timeoutMs }),
    /Option "timeoutMs" must be a number of milliseconds of at least 0/,
  ]),
  ['close with a misspelt limit', (pool) => pool.close({ timeout: 100 } as never), /Did you mean "timeoutMs"/],
  ['on for an event there is not', (pool) => pool.on('worker:redy' as never, () => {}), /Did you mean "worker:ready"/],
  [
    'once for a symbol',
    (pool) => pool.once(Symbol('s') as never, () => {}),
    /Argument "event" must be one of worker:ready/,
  ],
  ['off for an event there is not', (pool) => pool.off('exit' as never), /Argument "event" must be one of/],
  ['addListener for no event', (pool) => pool.addListener(undefined as never, () => {}), /Argument "event" must be/],
  ['removeListener for no event', (pool) => pool.removeListener('x' as never), /Argument "event" must be/],
  ['on without a listener', (pool) => pool.on('failed', undefined as never), /Argument "listener" must be a function/],
  ['once with a text for a listener', (pool) => pool.once('failed', 'log' as never), /Argument "listener" must be a/],
];

/** Calls whose promise must reject. */
const REJECTS: Refused[] = [
  ...NO_NAMES.map(([shown, name]): Refused => [
    `broadcast with ${shown} as its name`,
    (pool) => pool.broadcast(name as never, 1),
    /Argument "name" must be the name of a handler/,
  ]),
  ...NO_OPTIONS.map(([shown, options]): Refused => [
    `broadcast with ${shown} for options`,
    (pool) => pool.broadcast('echo', 1, options as never),
    /"options" must be an object/,
  ]),
  ...WRONG_OPTIONS.map(([options, message], at): Refused => [
    `broadcast with wrong options (${at})`,
    (pool) => pool.broadcast('echo', 1, options as never),
    message,
  ]),
  [
    'broadcast with an option of run only',
    (pool) => pool.broadcast('echo', 1, { retry: 2 } as never),
    /Option "retry" is unknown. Known here: signal, timeoutMs/,
  ],
];

describe.each(KINDS)('wrong arguments, kind %s,', (kind) => {
  it('are refused at once, by name, and change nothing', async () => {
    await withPool('echo.mjs', { kind, workers: 1, cache: {} }, async (pool) => {
      for (const [what, call, message] of THROWS) {
        const refused = refusal(() => call(pool));
        expect(refused, what).toMatchObject({ name: 'PoolError', code: 'ERR_OPTION' });
        expect(refused.message, what).toMatch(message);
      }
      expect(pool.stats()).toMatchObject({ state: 'open', tasks: { submitted: 0 } });
      expect(pool.eventNames()).toEqual([]);
      expect(await pool.run('echo', 'alive')).toBe('alive');
    });
  });

  it('of what is documented to reject, reject', async () => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool) => {
      for (const [what, call, message] of REJECTS) {
        const refused = await failure(call(pool) as Promise<unknown>);
        expect(refused, what).toMatchObject({ name: 'PoolError', code: 'ERR_OPTION' });
        expect(refused.message, what).toMatch(message);
      }
      expect(pool.stats().tasks.submitted).toBe(0);
      expect(await pool.run('echo', 'alive')).toBe('alive');
    });
  });

  it('are not what only looks odd', async () => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool) => {
      const results: unknown[] = [];
      for await (const letter of pool.map('echo', 'abc')) results.push(letter);
      for await (const n of pool.map('echo', new Set([1, 2]))) results.push(n);
      const both = { [Symbol.asyncIterator]: null, *[Symbol.iterator]() { yield 'sync'; } }; // prettier-ignore
      for await (const value of pool.map('echo', both as never)) results.push(value);
      expect(results).toEqual(['a', 'b', 'c', 1, 2, 'sync']);
      expect(await pool.run('echo', 1, { timeoutMs: Infinity, signal: undefined, deadline: 8.64e15 } as object)).toBe(
        1,
      );
      await pool.close({ timeoutMs: undefined } as object);
    });
  });
});

describe.each(KINDS)('a limit of close longer than a timer can wait, kind %s,', (kind) => {
  it.each([2 ** 31, 2 ** 53, Infinity])('of %d ms lets tasks finish', async (timeoutMs) => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool) => {
      const results = Array.from({ length: 20 }, (_, n) => pool.run('later', n));
      await pool.close({ timeoutMs });
      expect(await Promise.all(results)).toHaveLength(20);
    });
  });
});

describe.each(KINDS)('limits longer than a timer can wait, kind %s,', (kind) => {
  it('end no task', async () => {
    const long = 2 ** 31 + 5;
    const options = { startTimeoutMs: long, graceMs: long, timeoutMs: long, queue: { timeoutMs: long } };
    await withPool('echo.mjs', { kind, workers: 1, ...options }, async (pool) => {
      const deadline = Date.now() + 2 * long;
      const results = Array.from({ length: 20 }, (_, n) => pool.run('later', n, { deadline, queueTimeoutMs: long }));
      expect(await Promise.all(results)).toHaveLength(20);
      expect(pool.stats().tasks).toMatchObject({ completed: 20, timedOut: 0 });
    });
  });
});

describe.each(KINDS)('the key function of a cached task, kind %s,', (kind) => {
  it.each([
    ['a number', () => 5],
    ['an object', () => ({})],
    ['nothing', () => undefined],
    ['a symbol', () => Symbol('k')],
    ['a promise', () => Promise.reject(new Error('later'))],
  ])('that returns %s fails the call: other inputs would share its result', async (_, key) => {
    const tasks = { echo: { cache: { key: key as never } } };
    await withPool('echo.mjs', { kind, workers: 1, tasks }, async (pool) => {
      const refused = await failure(pool.run('echo', 1));
      expect(refused).toMatchObject({ code: 'ERR_OPTION', details: { option: 'tasks.echo.cache.key' } });
      expect(refused.message).toMatch(/must return a string/);
      expect(() => pool.cache?.delete('echo', 1)).toThrow(/must return a string/);
    });
  });
});

describe.each(KINDS)('functions of a cached task that throw, kind %s,', (kind) => {
  it.each(['key', 'tags'])('as %s does, fail the call, and say which it was', async (option) => {
    const broken = new RangeError('no id');
    const fail = (): never => {
      throw broken;
    };
    await withPool('echo.mjs', { kind, workers: 1, tasks: { echo: { cache: { [option]: fail } } } }, async (pool) => {
      const refused = await failure(pool.run('echo', 1));
      expect(refused).toMatchObject({
        code: 'ERR_OPTION',
        message: `Option "tasks.echo.cache.${option}" threw an error: no id`,
        cause: broken,
      });
      expect(await pool.run('echo', 1, { cache: false })).toBe(1);
    });
  });
});

/** What `call` throws. */
function refusal(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  return new Error('nothing was thrown');
}
