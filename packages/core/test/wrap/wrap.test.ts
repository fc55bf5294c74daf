import { describe, expect, it } from 'vitest';
import { wrap } from '../../src/wrap/wrap.js';
import { openWrapped, turn } from '../support/wrapped.js';

const broken = new Error('broken');

describe('a wrapped function', () => {
  it('gives the result of the function, and its error as it is', async () => {
    const half = wrap((n: number) => {
      if (n % 2 === 1) throw broken;
      return n / 2;
    });
    expect(await half(4)).toBe(2);
    await expect(half(3)).rejects.toBe(broken);
    expect(half.stats()).toMatchObject({ calls: 2, tries: 2, completed: 1, failed: 1, cancelled: 0 });
    const { cache, shaping, breaker, hedges, limitWaitMs } = half.stats();
    expect([cache, shaping, breaker, hedges, limitWaitMs]).toEqual(Array.from({ length: 5 }));
    expect(() => half.breaker()).toThrow(/Option "wrap\("\w*"\)\.breaker" is not set/);
  });

  it('has a name, for errors: its own, or that of the function', async () => {
    const fetchPrice = (): Promise<never> => new Promise(() => {});
    expect(wrap(fetchPrice).name).toBe('fetchPrice');
    const named = wrap(fetchPrice, { name: 'price', timeoutMs: 1 });
    await expect(named()).rejects.toMatchObject({
      code: 'ERR_TASK_TIMEOUT',
      message: expect.stringMatching(/^Task "price" was still running in this program after \d+ ms/) as string,
    });
  });

  it('ends at once by the signal of its caller, and the function gets a signal of its own', async () => {
    const { call, calls, tries } = openWrapped({});
    const abort = new AbortController();
    const only = call('a', { signal: abort.signal });
    await turn();
    abort.abort('gone');
    await expect(only).rejects.toBe('gone');
    expect(tries[0]?.ctx.signal).toMatchObject({ aborted: true, reason: 'gone' });
    expect(calls.stats()).toMatchObject({ calls: 1, cancelled: 1, failed: 0 });
    await expect(call('b', { signal: abort.signal })).rejects.toBe('gone');
    expect(tries).toHaveLength(1);
  });

  it('has options for all calls by with(), and those of one call over them', async () => {
    const tries: number[] = [];
    const failing = wrap((n: number) => {
      tries.push(n);
      throw broken;
    });
    const patient = failing.with({ retry: { attempts: 2, backoff: { baseMs: 0 } } });
    await expect(patient(1)).rejects.toBe(broken);
    await expect(patient(2, { retry: 0 })).rejects.toBe(broken);
    expect(tries).toEqual([1, 1, 1, 2]);
    // Both are one function.
    expect(failing.stats().calls).toBe(2);
  });

  it.each([
    ['retries', { retries: 3 }],
    ['timeoutMs', { timeoutMs: 0 }],
    ['cache', { cache: { store: { folder: 'x' } } }],
    ['concurrency', { concurrency: 0 }],
    ['breaker', { breaker: { consecutive: 0 } }],
    ['breaker.slowShare', { breaker: { slowShare: 0.5 } }],
    ['breaker.maxOpenMs', { breaker: { openMs: 10, maxOpenMs: 5 } }],
    ['rateLimit', { rateLimit: { calls: 0, perMs: 1 } }],
    ['rateLimit', { rateLimit: { calls: 1 } }],
    ['rateLimit', { rateLimit: [{ unit: 'tokens', max: 5, perMs: 1 }] }],
    ['rateLimit', { rateLimit: Array.from({ length: 9 }, () => ({ calls: 1, perMs: 1 })) }],
    ['concurrencyByKey', { concurrencyByKey: { max: 1 } }],
    ['hedge', { hedge: { after: 5 } }],
    ['debounce', { throttle: { everyMs: 1 }, debounce: { waitMs: 1 } }],
    ['throttle', { throttle: { everyMs: 1, leading: false, trailing: false } }],
  ])('refuses a wrong %s as a task does: %o', (option, policies) => {
    const fn = (): void => {};
    expect(() => wrap(fn, policies as never)).toThrow(
      expect.objectContaining({
        code: 'ERR_OPTION',
        details: expect.objectContaining({ option: `wrap("fn").${option}` }) as object,
      }),
    );
  });

  it.each([
    ['priority', { priority: 1 }],
    ['queueTimeoutMs', { queueTimeoutMs: 1 }],
    ['exclusive', { exclusive: true }],
    ['slowMs', { slowMs: 1 }],
    ['batch', { batch: { maxSize: 5 } }],
    ['key', { key: 'home' }],
    ['cache.version', { cache: { version: '1' } }],
    ['breaker.crashes', { breaker: { crashes: true } }],
  ])('refuses %s, which only a task can have, by its name and with the reason', (option, policies) => {
    expect(() => wrap(() => 1, { name: 'price', ...policies } as never)).toThrow(
      expect.objectContaining({
        code: 'ERR_OPTION',
        message: expect.stringContaining(`"wrap("price").${option}" has no meaning for a wrapped function`) as string,
      }),
    );
  });

  it('refuses what is no function, and wrong options of calls at once', () => {
    expect(() => wrap(5 as never)).toThrow(expect.objectContaining({ code: 'ERR_OPTION' }));
    const fn = wrap(() => 1);
    for (const option of ['priority', 'key', 'headers', 'onProgress', 'transfer']) {
      expect(() => fn(undefined, { [option]: 1 })).toThrow(`Option "${option}" has no meaning for a wrapped function`);
    }
    // A budget is that of all calls.
    expect(() => fn(undefined, { retry: { attempts: 1, budget: 0.1 } } as never)).toThrow(/budget/);
    expect(() => fn.with({ timeoutMs: 0 })).toThrow(expect.objectContaining({ code: 'ERR_OPTION' }));
  });
});

describe('tries of a wrapped function', () => {
  it('follow a failure, and the call may be cancelled between them', async () => {
    const { call, tries, advance } = openWrapped({ retry: { attempts: 5, backoff: { baseMs: 1000 } } });
    const abort = new AbortController();
    const only = call('a', { signal: abort.signal });
    await turn();
    tries[0]?.reject(Object.assign(new Error('busy'), { retryAfterMs: 500 }));
    await advance(499);
    expect(tries).toHaveLength(1);
    await advance(1001);
    expect(tries[1]?.ctx.attempt).toBe(2);
    tries[1]?.reject(broken);
    await turn();
    abort.abort('gone');
    await expect(only).rejects.toBe('gone');
    await advance(10_000);
    expect(tries).toHaveLength(2);
  });

  it('that take too long are aborted, and the next one begins', async () => {
    const { call, tries, advance } = openWrapped({ timeoutMs: 100, retry: { attempts: 1, backoff: { baseMs: 0 } } });
    const only = call('a');
    await advance(100);
    expect(tries[0]?.ctx.signal.reason).toMatchObject({ code: 'ERR_TASK_TIMEOUT', details: { task: 'fn' } });
    await advance(0);
    tries[1]?.resolve('in time');
    tries[0]?.resolve('too late');
    expect(await only).toBe('in time');
  });

  it('are bounded by the budget of retries', async () => {
    let tries = 0;
    const call = wrap(
      () => {
        tries++;
        throw broken;
      },
      { retry: { attempts: 100, backoff: { baseMs: 0 }, budget: 0 } },
    );
    for (let n = 0; n < 5; n++) await expect(call()).rejects.toBe(broken);
    // Five first ones, and the ten that every budget begins with.
    expect(tries).toBe(15);
  });
});

describe('limits of a wrapped function', () => {
  it('on tries at once hold until the function itself has ended', async () => {
    const { call, tries, inputs } = openWrapped({ concurrency: 1 });
    const abort = new AbortController();
    const first = call('a', { signal: abort.signal });
    const second = call('b');
    await turn();
    abort.abort('gone');
    await expect(first).rejects.toBe('gone');
    await turn();
    expect(inputs()).toEqual(['a']);
    tries[0]?.reject(new Error('stopped'));
    await turn();
    expect(inputs()).toEqual(['a', 'b']);
    tries[1]?.resolve(2);
    expect(await second).toBe(2);
  });

  it('over time hold together, with the costs of each input', async () => {
    const { call, advance, inputs, tries } = openWrapped({
      rateLimit: [
        { calls: 3, perMs: 1000, window: 'strict' },
        { unit: 'tokens', max: 10, perMs: 1000, cost: (input: number) => input },
      ],
    });
    const calls = [6, 6, 1, 1].map((tokens) => call(tokens));
    await turn();
    // The second lacks 2 tokens, and those behind it wait for their turn.
    expect(inputs()).toEqual([6]);
    for (const each of tries) each.resolve('done');
    await advance(200);
    expect(inputs()).toEqual([6, 6]);
    await advance(100);
    expect(inputs()).toEqual([6, 6, 1]);
    for (const each of tries) each.resolve('done');
    await advance(699);
    expect(inputs()).toEqual([6, 6, 1]);
    await advance(1);
    expect(inputs()).toEqual([6, 6, 1, 1]);
    for (const each of tries) each.resolve('done');
    expect(await Promise.all(calls)).toEqual(['done', 'done', 'done', 'done']);
  });

  it('let a call above them run alone', async () => {
    const { call, inputs, tries } = openWrapped({
      rateLimit: { unit: 'tokens', max: 10, perMs: 1000, cost: (input: number) => input },
    });
    const large = call(50);
    await turn();
    expect(inputs()).toEqual([50]);
    tries[0]?.resolve('done');
    expect(await large).toBe('done');
  });

  it('close for as long as an error asks for', async () => {
    const { call, tries, advance, inputs } = openWrapped({ rateLimit: { calls: 10, perMs: 1 } });
    const first = call('a');
    await turn();
    tries[0]?.reject(Object.assign(new Error('429'), { retryAfterMs: 5000 }));
    await expect(first).rejects.toThrow('429');
    const second = call('b');
    await advance(4999);
    expect(inputs()).toEqual(['a']);
    await advance(1);
    expect(inputs()).toEqual(['a', 'b']);
    tries[1]?.resolve(2);
    expect(await second).toBe(2);
  });

  it('refuse at once where that is asked for, and say when to come again', async () => {
    const { call, tries } = openWrapped({ name: 'mail', rateLimit: { calls: 1, perMs: 1000, when: 'reject' } });
    const first = call('a');
    await expect(call('b')).rejects.toMatchObject({
      code: 'ERR_RATE_LIMITED',
      details: { task: 'mail', key: undefined, retryAfterMs: 1000 },
    });
    tries[0]?.resolve(1);
    await first;
  });

  it.each([
    [
      'throws',
      () => {
        throw broken;
      },
      'threw an error: ',
    ],
    ['gives NaN', () => NaN, 'must return a finite number of 0 or more; received NaN (number).'],
    ['gives a negative number', () => -1, 'must return a finite number of 0 or more; received -1 (number).'],
    ['gives Infinity', () => Infinity, 'must return a finite number of 0 or more; received Infinity (number).'],
    ['gives a promise', async () => 1, 'must return a finite number of 0 or more; received a promise.'],
  ])('reject a call whose cost %s, and later ones run', async (_, cost, reason) => {
    let isWrong = true;
    const call = wrap((n: number) => n, {
      name: 'mail',
      rateLimit: { unit: 'tokens', max: 5, perMs: 1, cost: () => (isWrong ? (cost() as number) : 1) },
    });
    await expect(call(1)).rejects.toMatchObject({
      code: 'ERR_OPTION',
      details: { option: 'wrap("mail").rateLimit.cost', reason: expect.stringContaining(reason) as string },
    });
    isWrong = false;
    expect(await call(2)).toBe(2);
  });
});

describe('the breaker of a wrapped function', () => {
  it('opens, lets a probe through after its time, and closes by it', async () => {
    const { call, calls, tries, advance } = openWrapped({ breaker: { consecutive: 1, openMs: 100 } });
    const first = call('a');
    await turn();
    tries[0]?.reject(broken);
    await expect(first).rejects.toBe(broken);
    await expect(call('b')).rejects.toMatchObject({ code: 'ERR_CIRCUIT_OPEN', details: { retryAfterMs: 100 } });
    await advance(100);
    const probe = call('c');
    await expect(call('d')).rejects.toMatchObject({ details: { state: 'half-open' } });
    tries[1]?.resolve(3);
    expect(await probe).toBe(3);
    expect(calls.breaker(undefined).state).toBe('closed');
  });

  it('counts no cancelled call, none that another policy refused, and none that `on` leaves out', async () => {
    const { call, calls, tries } = openWrapped({
      ...{ breaker: { consecutive: 1, on: (error) => error !== broken } },
      ...{ rateLimit: { calls: 2, perMs: 1e6, when: 'reject' } },
    });
    const abort = new AbortController();
    const cancelled = call('a', { signal: abort.signal });
    const mild = call('b');
    await turn();
    abort.abort('gone');
    tries[1]?.reject(broken);
    await Promise.allSettled([cancelled, mild]);
    await expect(call('c')).rejects.toMatchObject({ code: 'ERR_RATE_LIMITED' });
    expect(calls.breaker(undefined).state).toBe('closed');
  });

  it('counts a failure that `on` cannot judge, and rejects with both errors', async () => {
    const fault = new Error('cannot judge');
    const call = wrap(
      () => {
        throw broken;
      },
      {
        retry: 5,
        breaker: {
          consecutive: 1,
          on: () => {
            throw fault;
          },
        },
      },
    );
    await expect(call()).rejects.toMatchObject({ errors: [broken, fault] });
    expect([call.breaker().state, call.stats().tries]).toEqual(['open', 1]);
    call.breaker().reset();
    expect(call.breaker().state).toBe('closed');
  });

  it('refuses nothing in a dry run', async () => {
    const { call, calls, tries } = openWrapped({ breaker: { consecutive: 1, dryRun: true } });
    const first = call('a');
    await turn();
    tries[0]?.reject(broken);
    await expect(first).rejects.toBe(broken);
    const second = call('b');
    await turn();
    tries[1]?.resolve(2);
    expect(await second).toBe(2);
    expect(calls.stats().tries).toBe(2);
  });
});

describe('the cache of a wrapped function', () => {
  it('keeps results that no caller can change, until they are dropped', async () => {
    let calls = 0;
    const read = wrap((path: string) => ({ path, calls: ++calls }), { cache: { tags: (path) => [path.charAt(0)] } });
    const first = await read('a1');
    first.calls = 99;
    expect(await read('a1')).toEqual({ path: 'a1', calls: 1 });
    await read('a2');
    await read('b1');
    expect(calls).toBe(3);
    expect(read.invalidate({ input: 'a1' })).toBe(1);
    expect(read.invalidate({ input: 'a1' })).toBe(0);
    expect(read.invalidate({ tag: 'a' })).toBe(1);
    expect(read.invalidate()).toBe(1);
    expect(await read('b1')).toMatchObject({ calls: 4 });
    expect(() => read.invalidate({ input: 'a', tag: 'a' })).toThrow(expect.objectContaining({ code: 'ERR_OPTION' }));
    expect(() => read.invalidate({ tags: 'a' } as never)).toThrow(expect.objectContaining({ code: 'ERR_OPTION' }));
    expect(read.stats().cache).toMatchObject({ hits: 1, misses: 4 });
  });

  it('says by its own path which input has no key', async () => {
    const read = wrap((_: unknown) => 1, { name: 'read', cache: true });
    await expect(read(() => {})).rejects.toMatchObject({
      code: 'ERR_OPTION',
      details: { option: 'wrap("read").cache.key' },
    });
    const tagged = wrap((_: number) => 1, { name: 'tagged', cache: { tags: () => [5 as never] } });
    await expect(tagged(1)).rejects.toMatchObject({ details: { option: 'wrap("tagged").cache.tags' } });
  });

  it('is left out by a call that says so', async () => {
    let calls = 0;
    const read = wrap((_: string) => ++calls, { cache: true });
    expect([await read('a'), await read('a', { cache: false }), await read('a')]).toEqual([1, 2, 1]);
  });
});

describe('calls of a wrapped function that are shaped', () => {
  it('run at once by flush, and share one object', async () => {
    let calls = 0;
    const search = wrap((text: string) => ({ text, calls: ++calls }), { debounce: { waitMs: 1e9 } });
    const all = ['a', 'ab', 'abc'].map((text) => search(text));
    search.flush();
    const results = await Promise.all(all);
    expect(new Set(results)).toEqual(new Set([{ text: 'abc', calls: 1 }]));
    expect(results[0]).toBe(results[2]);
    expect(search.stats()).toMatchObject({ calls: 3, tries: 1, shaping: { calls: 3, ran: 1, superseded: 2 } });
  });

  it('may reject those that are replaced', async () => {
    const search = wrap((text: string) => text, { name: 'search', debounce: { waitMs: 1, superseded: 'reject' } });
    const first = search('a');
    const second = search('ab');
    await expect(first).rejects.toMatchObject({ code: 'ERR_SUPERSEDED', details: { task: 'search' } });
    expect(await second).toBe('ab');
  });
});

it('a frozen result of a wrapped function is a copy: the function’s own object stays as it is', async () => {
  const own = { n: 1 };
  const get = wrap(() => own, { cache: { share: 'frozen' } });
  const results = [await get(), await get()] as { n: number }[];
  expect([Object.isFrozen(own), Object.isFrozen(results[0]), results[0] === results[1]]).toEqual([false, true, true]);
  own.n = 2;
  expect(results[0]).toEqual({ n: 1 });
});
