import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type CacheMessage, CHANNELS } from '../../src/contract/trace.js';
import { type HeldExecution, openCache } from '../support/cached-calls.js';

interface Counted {
  n: number;
}

/** Waits until everything that follows an ended execution has happened. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a result', () => {
  it('cannot be changed by a caller, for the next or for those who waited with it', async () => {
    const { get, finish, cache } = openCache();
    const calls = [get('t', 1), get('t', 1), get('t', 1)] as Promise<Counted>[];
    finish(0, { n: 1 });
    const results = await Promise.all(calls);
    for (const result of results) result.n += 98;
    expect(results).toEqual([{ n: 99 }, { n: 99 }, { n: 99 }]);
    const later = (await get('t', 1)) as Counted;
    later.n = 5;
    expect([await get('t', 1), cache.get('t', 1), cache.peek('t', 1)]).toEqual([{ n: 1 }, { n: 1 }, { n: 1 }]);
  });

  it('saves its time to each call that gets it without an execution', async () => {
    const { get, finish, cache } = openCache();
    const calls = [get('t', 1), get('t', 1), get('t', 1)];
    finish(0, 'x', 20);
    await Promise.all(calls);
    await get('t', 1);
    expect(cache.stats()).toMatchObject({ hits: 3, coalesced: 2, savedMs: 60, hitRate: 0.75 });
  });

  it('is one frozen object for all where the task says so', async () => {
    const { get, finish } = openCache({ all: { share: 'frozen' } });
    const calls = [get('t', 1), get('t', 1)];
    finish(0, { n: 1 });
    const results = [...(await Promise.all(calls)), await get('t', 1)];
    expect(new Set(results).size).toBe(1);
    expect(() => ((results[0] as Counted).n = 99)).toThrow(TypeError);
  });

  it('may be a bigint of any size', async () => {
    const { computed, get, cache } = openCache();
    const values = [0n, 5n, -5n, 255n, 256n, 4095n, 10n ** 40n, -(2n ** 64n)];
    for (const value of values) expect(await computed('t', String(value), value)).toBe(value);
    for (const value of values) expect(await get('t', String(value))).toBe(value);
    expect(Number.isInteger(cache.stats().bytes)).toBe(true);
  });

  it('of the program itself is not frozen: all callers get one frozen copy', async () => {
    const { get, finish } = openCache({ all: { share: 'frozen' }, ownsResults: false });
    const own = { n: 1 };
    const calls = [get('t', 1), get('t', 1)];
    finish(0, own);
    const results = [...(await Promise.all(calls)), await get('t', 1)];
    expect([Object.isFrozen(own), new Set(results).size, results[0]]).toEqual([false, 1, { n: 1 }]);
    expect(results[0]).not.toBe(own);
    expect(Object.isFrozen(results[0])).toBe(true);
  });

  it('that cannot be copied reaches its callers, and is not kept', async () => {
    const { get, finish, cache } = openCache();
    const calls = [get('t', 1), get('t', 1)];
    const memory = new SharedArrayBuffer(8);
    finish(0, memory);
    expect(await Promise.all(calls)).toEqual([memory, memory]);
    expect(cache.stats()).toMatchObject({ entries: 0, unkept: 1 });
  });

  it('is computed anew for a call that wants so, and kept', async () => {
    const { call, computed, get, finish, executions } = openCache();
    await computed('t', 1, 'old');
    const anew = call({ refresh: true });
    expect(executions).toHaveLength(2);
    finish(1, 'new');
    expect([await anew, await get('t', 1)]).toEqual(['new', 'new']);
  });
});

describe('a result after its time', () => {
  const all = { ttlMs: 100, staleWhileRevalidateMs: 50 };

  it('answers while one execution computes the new one', async () => {
    const { computed, get, finish, clock, executions, cache } = openCache({ all });
    await computed('t', 1, 'old');
    clock.advance(100);
    expect(await Promise.all([get('t', 1), get('t', 1)])).toEqual(['old', 'old']);
    expect(executions).toHaveLength(2);
    finish(1, 'new');
    await settled();
    expect(await get('t', 1)).toBe('new');
    expect(cache.stats()).toMatchObject({ misses: 1, hits: 3, stale: 2, refreshes: 1, refreshFailures: 0 });
  });

  it('is computed without the signal and the deadline of the call that found it', async () => {
    const { computed, call, clock, executions } = openCache({ all });
    await computed('t', 1, 'old');
    clock.advance(100);
    const controller = new AbortController();
    expect(await call({ signal: controller.signal, deadlineMs: 120 })).toBe('old');
    controller.abort('gone');
    clock.advance(1000);
    const { shared } = executions[1] as HeldExecution;
    expect([shared.signal.aborted, 'deadline' in shared, shared.deadline]).toEqual([false, true, undefined]);
  });

  it('makes later calls wait for that execution, each within its own limits', async () => {
    const { computed, get, call, clock, executions, finish } = openCache({ all });
    await computed('t', 1, 'old');
    clock.advance(100);
    await get('t', 1);
    clock.advance(50);
    const short = expect(call({ deadlineMs: 170 })).rejects.toMatchObject({ code: 'ERR_QUEUE_TIMEOUT' });
    const long = get('t', 1);
    clock.advance(30);
    await short;
    expect([executions.length, executions[1]?.signal.aborted]).toEqual([2, false]);
    finish(1, 'new');
    expect(await long).toBe('new');
  });

  it('makes a single later call keep to its limits, too', async () => {
    const { computed, get, call, clock, executions } = openCache({ all });
    await computed('t', 1, 'old');
    clock.advance(100);
    await get('t', 1);
    clock.advance(50);
    const short = expect(call({ deadlineMs: 170 })).rejects.toMatchObject({ code: 'ERR_QUEUE_TIMEOUT' });
    clock.advance(30);
    await short;
    expect([executions.length, executions[1]?.signal.aborted]).toEqual([2, false]);
  });

  it('stays when the new one fails, and is tried again after a pause that grows', async () => {
    const { computed, get, executions, clock, cache, finish } = openCache({
      all: { ttlMs: 100, staleWhileRevalidateMs: 1e6 },
    });
    await computed('t', 1, 'old');
    clock.advance(100);
    const fail = async (at: number): Promise<void> => {
      expect(await get('t', 1)).toBe('old');
      executions[at]?.end.reject(new Error('down'));
      await settled();
      // A storm of calls begins no other.
      for (let calls = 0; calls < 100; calls++) expect(await get('t', 1)).toBe('old');
      expect(executions).toHaveLength(at + 1);
    };
    await fail(1);
    clock.advance(100);
    await fail(2);
    clock.advance(199);
    expect([await get('t', 1), executions.length]).toEqual(['old', 3]);
    clock.advance(1);
    await fail(3);
    for (let at = 4; at < 12; at++) {
      clock.advance(10_000);
      await fail(at);
    }
    clock.advance(10_000);
    await get('t', 1);
    finish(12, 'new');
    await settled();
    expect(await get('t', 1)).toBe('new');
    expect(cache.stats()).toMatchObject({ refreshes: 12, refreshFailures: 11 });
  });

  it('has no pause for a new result after one that came', async () => {
    const { computed, get, executions, clock, finish } = openCache({ all: { ttlMs: 10, staleWhileRevalidateMs: 1e6 } });
    await computed('t', 1, 'old');
    clock.advance(10);
    await get('t', 1);
    executions[1]?.end.reject(new Error('down'));
    await settled();
    clock.advance(100);
    await get('t', 1);
    finish(2, 'new');
    await settled();
    clock.advance(10);
    expect([await get('t', 1), executions.length]).toEqual(['new', 4]);
  });

  it('is joined by a call that comes when it is too old', async () => {
    const { computed, get, finish, clock, executions } = openCache({ all });
    await computed('t', 1, 'old');
    clock.advance(100);
    await get('t', 1);
    clock.advance(50);
    const late = get('t', 1);
    expect(executions).toHaveLength(2);
    finish(1, 'new');
    expect(await late).toBe('new');
  });

  it('begins no execution for a call that would move its input', async () => {
    const { computed, call, clock, executions } = openCache({ all });
    await computed('t', 1, 'old');
    clock.advance(100);
    void call({ movesInput: true });
    expect(executions).toHaveLength(2);
  });
});

describe('a result that is computed ahead of its end', () => {
  it('is found due by calls, the likelier the nearer the end', async () => {
    const { get, finish, clock, executions, cache } = openCache({ all: { ttlMs: 1000, refreshAhead: true } });
    const first = get('t', 1);
    clock.advance(100);
    finish(0, 'old');
    await first;
    for (let calls = 0; calls < 20_000 && executions.length === 1; calls++) {
      clock.advance(0.05);
      expect(await get('t', 1)).toBe('old');
    }
    expect(executions).toHaveLength(2);
    expect(cache.stats()).toMatchObject({ misses: 1, stale: 0, refreshes: 1 });
  });
});

describe('a failure', () => {
  const all = { ttlMs: 100, staleIfErrorMs: 1000 };

  it('gives the old result for a while, and is tried again by the next call', async () => {
    const { computed, get, executions, clock, cache } = openCache({ all });
    await computed('t', 1, 'old');
    clock.advance(500);
    const calls = [get('t', 1), get('t', 1)];
    executions[1]?.end.reject(new Error('down'));
    expect(await Promise.all(calls)).toEqual(['old', 'old']);
    expect(cache.stats()).toMatchObject({ misses: 2, stale: 2 });
    clock.advance(600);
    const late = get('t', 1);
    executions[2]?.end.reject(new Error('down'));
    await expect(late).rejects.toThrow('down');
  });

  it('by its own limits gives one caller the old result, too', async () => {
    const { computed, call, executions, clock } = openCache({ all });
    await computed('t', 1, 'old');
    clock.advance(500);
    void call({});
    const short = call({ timeoutMs: 50 });
    Object.assign(executions[1] as HeldExecution, { isQueued: false, startedAtMs: 500 });
    clock.advance(60);
    expect(await short).toBe('old');
  });

  it('does not give a result that was dropped meanwhile', async () => {
    const { computed, get, executions, clock, cache } = openCache({ all });
    await computed('t', 1, 'old');
    clock.advance(500);
    const call = get('t', 1);
    cache.invalidate({ task: 't' });
    executions[1]?.end.reject(new Error('down'));
    await expect(call).rejects.toThrow('down');
  });

  it('is kept only where the task says so, as a new error for each caller', async () => {
    const { get, executions, clock, cache } = openCache({ all: { failures: { ttlMs: 50, on: undefined } } });
    const first = get('t', 1);
    executions[0]?.end.reject(Object.assign(new RangeError('no such user'), { status: 404 }));
    await expect(first).rejects.toThrow('no such user');
    const errors = await Promise.all([get('t', 1), get('t', 1)].map((call) => call.catch((error: unknown) => error)));
    expect(errors).toMatchObject([{ status: 404 }, { name: 'RangeError', message: 'no such user' }]);
    expect(errors[0]).not.toBe(errors[1]);
    expect([cache.has('t', 1), cache.get('t', 1)]).toEqual([false, undefined]);
    clock.advance(50);
    void get('t', 1);
    expect(executions).toHaveLength(2);
  });

  it('is kept only if the task selects it', async () => {
    const on = (error: unknown): boolean => (error as Error).message === 'no such user';
    const { get, executions } = openCache({ all: { failures: { ttlMs: 0, on } } });
    for (const [at, text] of ['timed out', 'no such user'].entries()) {
      const call = get('t', 1);
      executions[at]?.end.reject(new Error(text));
      await expect(call).rejects.toThrow(text);
    }
    await expect(get('t', 1)).rejects.toThrow('no such user');
    expect(executions).toHaveLength(2);
  });

  it('of a refresh does not take the place of a result that still answers', async () => {
    const failures = { ttlMs: 0, on: undefined };
    const { computed, get, executions, clock } = openCache({
      all: { ttlMs: 100, staleWhileRevalidateMs: 100, failures },
    });
    await computed('t', 1, 'old');
    clock.advance(100);
    expect(await get('t', 1)).toBe('old');
    executions[1]?.end.reject(new Error('down'));
    await settled();
    expect(await get('t', 1)).toBe('old');
  });

  it.each<[string, () => boolean]>([
    ['throws', () => { throw new TypeError('bug'); }], // prettier-ignore
    ['returns a promise', (async () => Promise.reject(new TypeError('bug'))) as never],
    ['returns nothing', (() => {}) as never],
  ])('that failures.on cannot judge, because it %s, reaches the caller with both errors', async (_, on) => {
    const { get, executions, cache } = openCache({ all: { failures: { ttlMs: 0, on } } });
    const call = get('t', 1);
    executions[0]?.end.reject(new Error('down'));
    await expect(call).rejects.toMatchObject({
      errors: [{ message: 'down' }, { code: 'ERR_OPTION', details: { option: 'tasks.t.cache.failures.on' } }],
    });
    expect(cache.stats().entries).toBe(0);
  });
});

describe('a kept failure', () => {
  it('counts with all that it holds', async () => {
    const { get, executions, cache } = openCache({ all: { failures: { ttlMs: 0, on: undefined } } });
    const call = get('t', 1);
    executions[0]?.end.reject(Object.assign(new Error('x'), { body: 'y'.repeat(100_000) }));
    await expect(call).rejects.toThrow('x');
    expect(cache.stats().bytes).toBeGreaterThan(100_000);
  });
});

describe('the program', () => {
  it('keeps values of its own, which it may change afterwards', async () => {
    const { cache, get, executions } = openCache();
    const value = { n: 1 };
    expect(cache.set('t', 1, value)).toBe(true);
    value.n = 99;
    expect([await get('t', 1), executions.length]).toEqual([{ n: 1 }, 0]);
    expect(cache.load([2, 3].map((input) => ({ task: 't', input, value: { n: input } })))).toBe(2);
    expect(cache.get('t', 3)).toEqual({ n: 3 });
    expect([cache.set('t', 4, new SharedArrayBuffer(8)), cache.has('t', 4)]).toEqual([false, false]);
    // The old one no longer holds, and a function is an object that callers could change.
    expect([cache.set('t', 3, () => {}), cache.has('t', 3)]).toEqual([false, false]);
  });

  it('keeps values with a time and tags of their own, from any iterable', () => {
    const { cache, clock } = openCache({ ttlMs: 1000 });
    const items = function* () {
      yield { task: 't', input: 1, value: 'a', ttlMs: 10 };
      yield { task: 't', input: 2, value: 'b', tags: ['kept'] };
    };
    expect(cache.load(items())).toBe(2);
    clock.advance(10);
    expect([cache.has('t', 1), cache.has('t', 2)]).toEqual([false, true]);
    expect(cache.invalidate({ tag: 'kept' })).toBe(1);
    for (const wrong of [undefined, null, 5, {}]) expect(() => cache.load(wrong as never)).toThrow(/"items" must be/);
    expect(() => cache.load([{ task: 't', input: 3, value: 'c' }, {}] as never)).toThrow(/"item.task" must be given/);
    expect(cache.has('t', 3)).toBe(true);
  });

  it('does not find its own object frozen', () => {
    const { cache } = openCache({ all: { share: 'frozen' } });
    const value = { n: 1 };
    cache.set('t', 1, value);
    expect([Object.isFrozen(value), Object.isFrozen(cache.get('t', 1))]).toEqual([false, true]);
  });

  it('takes the place of a result under way', async () => {
    const { cache, get, finish } = openCache();
    const call = get('t', 1);
    cache.set('t', 1, 'mine');
    finish(0, 'theirs');
    expect([await call, await get('t', 1)]).toEqual(['theirs', 'mine']);
  });

  it('tells a kept undefined from none', () => {
    const { cache } = openCache();
    cache.set('t', 1, undefined);
    expect([1, 2].map((input) => [cache.has('t', input), cache.get('t', input)])).toEqual([
      [true, undefined],
      [false, undefined],
    ]);
  });

  it('looks at what is kept without changing the counts', async () => {
    const { cache, computed } = openCache();
    await computed('t', 1, 'x');
    const before = cache.stats();
    cache.get('t', 1);
    cache.peek('t', 2);
    cache.has('t', 1);
    expect(cache.stats()).toEqual(before);
  });

  it('may find a result in use by get, and not by peek', async () => {
    const { cache, computed } = openCache({ max: 2 });
    for (const input of [1, 2]) await computed('t', input, input);
    cache.peek('t', 1);
    await computed('t', 3, 3);
    expect(cache.has('t', 1)).toBe(false);
    cache.get('t', 2);
    await computed('t', 4, 4);
    expect([2, 3, 4].map((input) => cache.has('t', input))).toEqual([true, false, true]);
  });
});

describe('load', () => {
  it('keeps to its bounds over a source without end, which it closes when an item is wrong', () => {
    const { cache } = openCache({ max: 10 });
    let pulled = 0;
    let isClosed = false;
    const items = function* () {
      try {
        for (; pulled < 100_000; pulled++) yield { task: 't', input: pulled, value: pulled };
        yield { task: 5 } as never;
      } finally {
        isClosed = true;
      }
    };
    expect(() => cache.load(items())).toThrow(/"item\.task"/);
    expect([pulled, isClosed, cache.stats().entries, cache.has('t', 99_999)]).toEqual([100_000, true, 10, true]);
    const broken = function* () {
      yield { task: 't', input: 'last', value: 1 };
      throw new Error('source');
    };
    expect(() => cache.load(broken())).toThrow('source');
    expect(cache.has('t', 'last')).toBe(true);
  });
});

describe('invalidate', () => {
  const byName = { key: (input: unknown): string => String(input), tags: (input: unknown) => [String(input)[0] ?? ''] };

  it.each([
    [{ task: 'a' }, 2],
    [{ key: 'user:1' }, 2],
    [{ task: 'a', key: 'user:1' }, 1],
    [{ tag: 'u' }, 2],
    [{ tag: 'u', task: 'b' }, 1],
    [{ tag: 'none' }, 0],
    [{ match: 'user:' }, 2],
    [{ match: '*:1' }, 3],
    [{ match: /1$/, task: 'a' }, 1],
    [{ match: 'post', tag: 'u' }, 0],
  ])('%j drops %i of four results', async (selector, dropped) => {
    const { cache, computed } = openCache({ all: byName });
    for (const [task, input] of [
      ['a', 'user:1'],
      ['a', 'post:2'],
      ['b', 'user:1'],
      ['b', 'post:1'],
    ] as const) {
      // prettier-ignore
      await computed(task, input, 'x');
    }
    expect(cache.invalidate(selector)).toBe(dropped);
    expect(cache.stats()).toMatchObject({ entries: 4 - dropped, evictions: { invalidated: dropped } });
  });

  it.each([{ tag: 'u' }, { match: 'user:*' }, { key: 'user:1' }])('%j reaches a call under way', async (selector) => {
    const { cache, get, finish } = openCache({ all: byName });
    const call = get('a', 'user:1');
    expect(cache.invalidate(selector)).toBe(0);
    finish(0, 'stale');
    expect(await call).toBe('stale');
    expect(cache.has('a', 'user:1')).toBe(false);
  });

  it('knows the tags of a call beside those of its task', async () => {
    const { cache, call, finish } = openCache({ all: byName });
    const tagged = call({ tags: ['today'] }, 'user:1', 'a');
    finish(0, 'x');
    await tagged;
    expect(cache.invalidate({ tag: 'today' })).toBe(1);
    expect(cache.invalidate({ tag: 'u' })).toBe(0);
  });

  it.each([[{}], [undefined], [null], ['a'], [{ tsk: 'a' }], [{ match: 5 }], [{ tag: undefined }]])(
    'refuses %j',
    (selector) => {
      const { cache } = openCache();
      expect(() => cache.invalidate(selector as never)).toThrow(/"selector/);
    },
  );
});

describe('the key of a task', () => {
  it.each<[string, () => unknown]>([
    ['throws', () => { throw new TypeError('bug'); }], // prettier-ignore
    ['is NaN', () => NaN],
    ['is undefined', () => {}],
    ['is an object', () => ({})],
    ['is a promise that fails', async () => Promise.reject(new TypeError('bug'))],
    ['has a then that throws', () => ({ get then() { throw new TypeError('bug'); } })], // prettier-ignore
  ])('that %s fails its call before it runs, and no other', async (_, key) => {
    const { call, get, computed, executions, cache } = openCache({ tasks: { wrong: { key: key as never } } });
    const option = { code: 'ERR_OPTION', details: { option: 'tasks.wrong.cache.key' } };
    await expect(get('wrong', 1)).rejects.toMatchObject(option);
    await expect(call({ refresh: true }, 1, 'wrong')).rejects.toMatchObject(option);
    expect(() => cache.get('wrong', 1)).toThrow(/tasks\.wrong\.cache\.key/);
    expect([executions.length, cache.stats().misses]).toEqual([0, 0]);
    expect(await computed('right', 1, 'x')).toBe('x');
  });
});

describe('the tags of a task', () => {
  it.each([
    ['no list', () => 'users'],
    ['a list of numbers', () => [1]],
    ['too many', () => Array.from({ length: 65 }, (_, n) => String(n))],
  ])('that are %s fail the call before it runs', async (_, tags) => {
    const { get, executions } = openCache({ all: { tags: tags as never } });
    await expect(get('t', 1)).rejects.toMatchObject({ code: 'ERR_OPTION', details: { option: 'tasks.t.cache.tags' } });
    expect(executions).toHaveLength(0);
  });
});

const describeCause = (cause: unknown): string =>
  cause instanceof Error ? `${cause.name}: ${cause.message}` : (cause as string);

it('what happens in the cache is published', async () => {
  const heard: string[] = [];
  const listener = (message: unknown): void => {
    const { task, key, what, cause } = message as CacheMessage;
    heard.push([what, task, key, ...(cause === undefined ? [] : [describeCause(cause)])].join(' '));
  };
  subscribe(CHANNELS.cache, listener);
  onTestFinished(() => void unsubscribe(CHANNELS.cache, listener));
  const { cache, computed, get, finish, executions, clock } = openCache({
    all: { key: String, ttlMs: 100, staleWhileRevalidateMs: 50 },
  });
  const calls = [get('t', 1), get('t', 1)];
  finish(0, 'x');
  await Promise.all(calls);
  await get('t', 1);
  clock.advance(100);
  await get('t', 1);
  executions[1]?.end.reject(new Error('down'));
  await settled();
  cache.delete('t', 1);
  await computed('t', 2, new SharedArrayBuffer(8));
  await settled();
  expect(heard).toEqual([
    'miss t 1',
    'coalesced t 1',
    'kept t 1',
    'answered t 1',
    'hit t 1',
    'refresh t 1',
    'stale t 1',
    'evicted t 1 invalidated',
    'miss t 2',
    expect.stringMatching(/^unkept t 2 .*SharedArrayBuffer, which cannot be shared/),
  ]);
});
