import { describe, expect, it, onTestFinished } from 'vitest';
import type { CacheStore } from '../../src/contract/cache-store.js';
import { openCache } from '../support/cached-calls.js';

/** A store in memory, which several caches may share as several programs would. */
class MemoryStore implements CacheStore {
  readonly records = new Map<string, Uint8Array>();
  get(key: string): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    return this.records.get(key);
  }
  set(key: string, record: Uint8Array): unknown {
    return this.records.set(key, Uint8Array.from(record));
  }
  delete(key: string): unknown {
    return this.records.delete(key);
  }
  clear(): unknown {
    return void this.records.clear();
  }
}

class SlowStore extends MemoryStore {
  override async get(key: string): Promise<Uint8Array | undefined> {
    await new Promise((resolve) => setImmediate(resolve));
    return super.get(key);
  }
}

/** Waits until the calls of a store that were made have ended: each takes a turn of the event loop. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 8; turns++) await new Promise((resolve) => setImmediate(resolve));
}

describe.each([
  ['at once', MemoryStore],
  ['later', SlowStore],
])('a store that answers %s', (_, Store) => {
  it('has the results of the last program', async () => {
    const store = new Store();
    const last = openCache({ store });
    const result = last.call({}, { id: 1 });
    await settled();
    last.finish(0, { n: 1 });
    await result;
    await last.cache.close();
    const next = openCache({ store });
    const calls = [next.call({}, { id: 1 }), next.call({}, { id: 1 })];
    const values = (await Promise.all(calls)) as { n: number }[];
    expect(values).toEqual([{ n: 1 }, { n: 1 }]);
    expect(values[0]).not.toBe(values[1]);
    expect(next.executions).toHaveLength(0);
    expect(next.cache.stats()).toMatchObject({ hits: 2, misses: 0, store: { hits: 1, failures: 0 } });
    expect(await next.call({}, { id: 1 })).toEqual({ n: 1 });
    expect(next.cache.stats().store).toMatchObject({ hits: 1 });
  });

  it('has nothing for other code', async () => {
    const store = new Store();
    const last = openCache({ store, version: '1' });
    const result = last.get('t', 1);
    await settled();
    last.finish(0, 'old');
    await result;
    const next = openCache({ store, version: '2' });
    const call = next.get('t', 1);
    await settled();
    next.finish(0, 'new');
    expect(await call).toBe('new');
  });

  it('forgets what was dropped, by input and by every selector', async () => {
    const store = new Store();
    for (const drop of [
      (cache: ReturnType<typeof openCache>['cache']) => cache.delete('t', 'user:1'),
      (cache: ReturnType<typeof openCache>['cache']) => cache.invalidate({ task: 't' }),
      (cache: ReturnType<typeof openCache>['cache']) => cache.invalidate({ tag: 'users' }),
      (cache: ReturnType<typeof openCache>['cache']) => cache.invalidate({ match: 'user:*' }),
      (cache: ReturnType<typeof openCache>['cache']) => cache.invalidate({ match: /^user/i }),
      (cache: ReturnType<typeof openCache>['cache']) => cache.clear(),
    ]) {
      const all = { key: String, tags: ['users'] };
      const last = openCache({ store, all });
      last.cache.set('t', 'user:1', 'x');
      last.cache.set('t', 'post:1', 'y');
      await settled();
      drop(openCache({ store, all }).cache);
      await settled();
      const next = openCache({ store, all });
      void next.get('t', 'user:1');
      await settled();
      expect(next.executions).toHaveLength(1);
      store.clear();
    }
  });

  it('has undefined, too', async () => {
    const store = new Store();
    openCache({ store }).cache.set('t', 1, undefined);
    await settled();
    const next = openCache({ store });
    expect([await next.get('t', 1), next.executions.length, next.cache.stats().hits]).toEqual([undefined, 0, 1]);
  });

  it('gives an old result at once while a new one is computed, if the task says so', async () => {
    const store = new Store();
    const all = { ttlMs: 1, staleWhileRevalidateMs: 1e9 };
    openCache({ store, all }).cache.set('t', { id: 1 }, 'old');
    await settled();
    for (const endMs = Date.now() + 2; Date.now() <= endMs;);
    const next = openCache({ store, all: { ...all, ttlMs: 1e9 } });
    const input = { id: 1 };
    const call = next.get('t', input);
    input.id = 2;
    expect(await call).toBe('old');
    expect([next.executions.length, next.inputs]).toEqual([1, [{ id: 1 }]]);
    next.finish(0, 'new');
    await settled();
    expect(await next.get('t', { id: 1 })).toBe('new');
    expect(next.cache.stats()).toMatchObject({ hits: 2, stale: 1, refreshes: 1, misses: 0 });
  });

  it('has an old result for an execution that fails', async () => {
    const store = new Store();
    const all = { ttlMs: 1, staleIfErrorMs: 1e9 };
    openCache({ store, all }).cache.set('t', 1, 'old');
    await settled();
    for (const endMs = Date.now() + 2; Date.now() <= endMs;);
    const next = openCache({ store, all });
    const call = next.get('t', 1);
    await settled();
    next.executions[0]?.end.reject(new Error('down'));
    expect(await call).toBe('old');
  });

  it('learns at its start what other programs dropped, also at the same time', async () => {
    const store = new Store();
    const all = { key: String, tags: (input: unknown) => [String(input)] };
    const programs = [openCache({ store, all }), openCache({ store, all })] as const;
    for (const key of ['a', 'b', 'c']) programs[0].cache.set('t', key, key);
    await settled();
    programs[0].cache.invalidate({ tag: 'a' });
    programs[1].cache.invalidate({ tag: 'b' });
    await settled();
    programs[0].cache.invalidate({ match: 'none' });
    await settled();
    const next = openCache({ store, all });
    for (const key of ['a', 'b', 'c']) void next.get('t', key);
    await settled();
    expect(next.inputs).toEqual(['a', 'b']);
  });

  it('begins with as many of the hottest as there is room for', async () => {
    const store = new Store();
    const last = openCache({ store });
    for (let input = 0; input < 5; input++) last.cache.set('t', input, input);
    last.cache.get('t', 1);
    await settled();
    await last.cache.close();
    const next = openCache({ store, isWarm: true, max: 3 });
    await next.cache.warm();
    expect([0, 1, 2, 3, 4].map((input) => next.cache.has('t', input))).toEqual([false, true, false, true, true]);
    expect(next.cache.stats()).toMatchObject({ hits: 0, evictions: { max: 0 }, store: { hits: 0 } });
    // The hottest goes last.
    next.cache.set('t', 9, 9);
    expect(next.cache.has('t', 3)).toBe(false);
  });

  it('does not bring back what changes while the first results are read', async () => {
    const store = new Store();
    const last = openCache({ store });
    for (let input = 0; input < 3; input++) last.cache.set('t', input, 'old');
    await settled();
    await last.cache.close();
    const next = openCache({ store, isWarm: true });
    const warm = next.cache.warm();
    next.cache.delete('t', 0);
    next.cache.set('t', 1, 'new');
    await warm;
    expect([0, 1, 2].map((input) => next.cache.get('t', input))).toEqual([undefined, 'new', 'old']);
  });

  it('gives the next program the hottest results before any call', async () => {
    const store = new Store();
    const last = openCache({ store });
    for (let input = 0; input < 5; input++) last.cache.set('t', input, input);
    await settled();
    await last.cache.close();
    const next = openCache({ store, isWarm: true });
    await next.cache.warm();
    expect([0, 4].map((input) => next.cache.get('t', input))).toEqual([0, 4]);
  });
});

/** Answers the reads of results when the test says so, with what it has then. */
class HeldStore extends MemoryStore {
  readonly #waiting: (() => void)[] = [];
  isHeld = false;
  override get(key: string): Promise<Uint8Array | undefined> | Uint8Array | undefined {
    if (!this.isHeld) return super.get(key);
    const found = super.get(key);
    return new Promise((resolve) => this.#waiting.push(() => resolve(found)));
  }
  answer(): void {
    for (const answer of this.#waiting.splice(0)) answer();
  }
}

/** A cache over a held store that knows the drops of earlier programs. */
async function openHeld() {
  const store = new HeldStore();
  const opened = openCache({ store });
  await settled();
  store.isHeld = true;
  return { ...opened, store };
}

describe('a call that waits for the store', () => {
  it('runs with its input as it was at the call', async () => {
    const { call, inputs, executions, finish } = openCache({ store: new SlowStore() });
    const input = { id: 1 };
    const result = call({}, input);
    input.id = 2;
    await settled();
    expect([executions.length, inputs]).toEqual([1, [{ id: 1 }]]);
    finish(0, 'x');
    expect(await result).toBe('x');
  });

  it('leaves by its signal, and no execution begins', async () => {
    const { get, executions, store } = await openHeld();
    const controller = new AbortController();
    const call = get('t', 1, controller.signal);
    controller.abort('gone');
    await expect(call).rejects.toBe('gone');
    store.answer();
    await settled();
    expect(executions).toHaveLength(0);
  });

  it('is refused when the pool runs nothing more', async () => {
    const { get, cache, executions, store } = await openHeld();
    const call = get('t', 1);
    const lookedUp = cache.whenLookedUp();
    cache.refuse(new Error('closed'));
    store.answer();
    await expect(call).rejects.toThrow('closed');
    await lookedUp;
    expect(executions).toHaveLength(0);
  });

  it.each<[string, (cache: ReturnType<typeof openCache>['cache']) => unknown]>([
    ['its input', (cache) => cache.delete('t', 1)],
    ['its tag', (cache) => cache.invalidate({ tag: 'users' })],
    ['everything', (cache) => cache.clear()],
  ])('may get a result that is dropped meanwhile by %s, and later calls do not', async (_, drop) => {
    const store = new HeldStore();
    const all = { tags: ['users'] };
    openCache({ store, all }).cache.set('t', 1, 'old');
    const { get, cache, executions, finish } = openCache({ store, all });
    await settled();
    store.isHeld = true;
    const call = get('t', 1);
    drop(cache);
    store.answer();
    await settled();
    if (executions.length > 0) finish(0, 'new');
    expect(['old', 'new']).toContain(await call);
    expect(cache.has('t', 1)).toBe(false);
    store.isHeld = false;
    await settled();
    const ran = executions.length;
    void get('t', 1);
    await settled();
    expect(executions).toHaveLength(ran + 1);
  });
});

describe('a call that wants a new result', () => {
  it('does not get the old one of a call that waits for the store', async () => {
    const store = new HeldStore();
    openCache({ store }).cache.set('t', 1, 'old');
    const { get, call, executions, finish } = openCache({ store });
    await settled();
    store.isHeld = true;
    const looking = get('t', 1);
    const anew = call({ refresh: true });
    expect(executions).toHaveLength(1);
    finish(0, 'new');
    expect(await anew).toBe('new');
    store.answer();
    expect(await looking).toBe('old');
    expect(await get('t', 1)).toBe('new');
    expect(executions).toHaveLength(1);
  });

  it('gets that of a call for which the store had nothing', async () => {
    const { get, call, executions, finish, store } = await openHeld();
    const looking = get('t', 1);
    store.answer();
    await settled();
    const anew = call({ refresh: true });
    finish(0, 'new');
    expect([await looking, await anew, executions.length]).toEqual(['new', 'new', 1]);
  });
});

describe('a pool that is destroyed', () => {
  it('rejects the calls that wait for the store at once', async () => {
    const { get, cache, executions, store } = await openHeld();
    const call = get('t', 1);
    const lookedUp = cache.whenLookedUp();
    cache.end(new Error('destroyed'));
    await expect(call).rejects.toThrow('destroyed');
    await lookedUp;
    store.answer();
    await settled();
    expect(executions).toHaveLength(0);
  });

  it('computes nothing anew for what its store still gave', async () => {
    const store = new HeldStore();
    const all = { ttlMs: 1, staleWhileRevalidateMs: 1e9 };
    openCache({ store, all }).cache.set('t', 1, 'old');
    await settled();
    for (const endMs = Date.now() + 2; Date.now() <= endMs;);
    const { get, cache, executions } = openCache({ store, all });
    await settled();
    store.isHeld = true;
    const call = get('t', 1);
    cache.refuse(new Error('closed'));
    store.answer();
    expect([await call, executions.length]).toEqual(['old', 0]);
  });
});

describe('drops of a store', () => {
  const all = { key: String, tags: (input: unknown) => [String(input)] };
  /** Whether the next program finds a result. */
  const isFound = async (store: CacheStore, input: string): Promise<boolean> => {
    const next = openCache({ store, all });
    await settled();
    void next.get('t', input).catch(() => {});
    await settled();
    return next.executions.length === 0;
  };

  it('are noted in a few writes, however many there are', async () => {
    const store = new SlowStore();
    const { cache } = openCache({ store, all });
    for (const key of ['a', 'b', 'c']) cache.set('t', key, key);
    await settled();
    const before = cache.stats().store?.failures;
    for (let n = 0; n < 5000; n++) cache.invalidate({ tag: n % 2 === 0 ? 'a' : 'b' });
    await settled();
    expect([before, cache.stats().store?.failures]).toEqual([0, 0]);
    expect([await isFound(store, 'a'), await isFound(store, 'b'), await isFound(store, 'c')]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it.each(['delete', 'clear'] as const)('last for the next program, too, where %s fails', async (method) => {
    const store = new MemoryStore();
    const { cache } = openCache({ store, all });
    cache.set('t', 'a', 'old');
    store[method] = () => Promise.reject(new Error('busy'));
    if (method === 'delete') cache.delete('t', 'a');
    else cache.clear();
    await settled();
    expect([store.records.size > 0, await isFound(store, 'a')]).toEqual([true, false]);
  });

  it('hold when the clock is set back', async () => {
    const store = new MemoryStore();
    const { cache } = openCache({ store, all });
    const real = Date.now;
    onTestFinished(() => void (Date.now = real));
    cache.set('t', 'a', 'old');
    Date.now = () => real() - 3_600_000;
    cache.invalidate({ tag: 'a' });
    await settled();
    expect(await isFound(store, 'a')).toBe(false);
    Date.now = real;
    expect(await isFound(store, 'a')).toBe(false);
  });

  it('that another program noted at the same time are noted again at the end', async () => {
    const store = new SlowStore();
    const [one, other] = [openCache({ store, all }), openCache({ store, all })];
    for (const key of ['a', 'b', 'c']) one.cache.set('t', key, key);
    await settled();
    one.cache.invalidate({ tag: 'a' });
    other.cache.invalidate({ tag: 'b' });
    await settled();
    await one.cache.close();
    await other.cache.close();
    expect([await isFound(store, 'a'), await isFound(store, 'b'), await isFound(store, 'c')]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('of others, when they could not be read, stay with this program', async () => {
    const store = new MemoryStore();
    openCache({ store, all }).cache.set('t', 'a', 'old');
    const { get } = store;
    store.get = () => Promise.reject(new Error('busy'));
    const unlucky = openCache({ store, all });
    await settled();
    store.get = get;
    unlucky.cache.invalidate({ tag: 'other' });
    await settled();
    void unlucky.get('t', 'a');
    await settled();
    expect([unlucky.executions.length, await isFound(store, 'a')]).toEqual([1, true]);
  });
});

describe('a store that answers wrongly', () => {
  it.each<[string, unknown, number]>([
    ['a text', 'MPC1', 1],
    ['an object', { type: 'Buffer', data: [1] }, 1],
    ['null, as many do', null, 0],
  ])('with %s has nothing', async (_, answer, failures) => {
    const { get, finish, cache } = openCache({ store: Object.assign(new MemoryStore(), { get: () => answer }) });
    await settled();
    const before = cache.stats().store?.failures as number;
    const call = get('t', 1);
    await settled();
    finish(0, 'x');
    expect(await call).toBe('x');
    expect([before, cache.stats().store?.failures]).toEqual([failures, 2 * failures]);
  });
});

describe('a store that takes no writes', () => {
  it('does not give an earlier result in place of a newer one', async () => {
    const store = new MemoryStore();
    openCache({ store }).cache.set('t', 1, 'old');
    const { cache } = openCache({ store });
    store.set = () => Promise.reject(new Error('disk full'));
    cache.set('t', 1, 'new');
    await settled();
    const next = openCache({ store });
    void next.get('t', 1);
    await settled();
    expect(next.executions).toHaveLength(1);
  });

  it('gives what it has, for however many results it does not take', async () => {
    const store = new MemoryStore();
    openCache({ store }).cache.set('t', 'there', 'x');
    store.set = store.delete = () => Promise.reject(new Error('read-only'));
    const { cache, get, executions } = openCache({ store });
    for (let input = 0; input < 3000; input++) {
      cache.set('t', input, 'y');
      if (input % 500 === 0) await settled();
    }
    await settled();
    expect([await get('t', 'there'), executions.length]).toEqual(['x', 0]);
  });
});

describe('the results with which a cache begins', () => {
  it('do not push out the hottest, however large the others are', async () => {
    const store = new MemoryStore();
    const last = openCache({ store, all: { key: String } });
    for (const size of [10, 9000, 20, 9000, 30])
      last.cache.set('t', `${size}${last.cache.stats().entries}`, 'x'.repeat(size));
    const hottest = ['304', '90003', '202', '90001', '100'];
    await last.cache.close();
    const next = openCache({ store, isWarm: true, maxBytes: 12_000, all: { key: String } });
    await next.cache.warm();
    expect(hottest.map((key) => next.cache.has('t', key))).toEqual([true, true, true, false, true]);
    expect(next.cache.stats().evictions.bytes).toBe(0);
  });

  it('leave turns to the program while they are read', async () => {
    const store = new MemoryStore();
    const last = openCache({ store, max: 1000 });
    for (let input = 0; input < 200; input++) last.cache.set('t', input, 'x');
    await last.cache.close();
    const next = openCache({ store, isWarm: true, max: 1000 });
    const { get } = store;
    store.get = (key) => (next.clock.advance(1), get.call(store, key));
    let turns = 0;
    const count = (): void => {
      turns++;
      if (next.cache.stats().entries < 200) setImmediate(count);
    };
    setImmediate(count);
    await next.cache.warm();
    expect(next.cache.stats().entries).toBe(200);
    expect(turns).toBeGreaterThan(5);
  });
});

describe('a store that fails', () => {
  it.each(['get', 'set', 'delete', 'clear'] as const)('in %s costs no call its result', async (method) => {
    for (const fail of [
      () => {
        throw new Error('disk full');
      },
      () => Promise.reject(new Error('disk full')),
    ]) {
      const store = new MemoryStore();
      store[method] = fail;
      const { get, finish, cache } = openCache({ store });
      const call = get('t', 1);
      await settled();
      finish(0, 'x');
      expect(await call).toBe('x');
      cache.delete('t', 1);
      cache.clear();
      await settled();
      expect(cache.stats().store?.failures).toBeGreaterThan(0);
    }
  });

  it('to delete gives no dropped result to this program', async () => {
    const store = new MemoryStore();
    openCache({ store }).cache.set('t', 1, 'old');
    store.delete = () => Promise.reject(new Error('read-only'));
    store.clear = () => Promise.reject(new Error('read-only'));
    const drops = [
      (cache: ReturnType<typeof openCache>['cache']) => cache.delete('t', 1),
      (cache: ReturnType<typeof openCache>['cache']) => cache.clear(),
    ];
    for (const drop of drops) {
      const { cache, get, executions } = openCache({ store });
      await settled();
      drop(cache);
      await settled();
      void get('t', 1);
      await settled();
      expect(executions).toHaveLength(1);
    }
  });

  it('to tell what was dropped counts as having nothing', async () => {
    const store = new MemoryStore();
    openCache({ store }).cache.set('t', 1, 'old');
    await settled();
    const { get } = store;
    store.get = (key) => (store.records.has(key) ? get.call(store, key) : Promise.reject(new Error('torn')));
    const next = openCache({ store });
    await settled();
    void next.get('t', 1);
    await settled();
    expect(next.executions).toHaveLength(1);
  });

  it('is reported to the program once, and each time to listeners', async () => {
    const warnings: Error[] = [];
    const listener = (warning: Error): void => void warnings.push(warning);
    process.on('warning', listener);
    onTestFinished(() => void process.off('warning', listener));
    const store = new MemoryStore();
    store.set = () => Promise.reject(new Error('disk full'));
    const { cache } = openCache({ store });
    for (const input of [1, 2, 3]) cache.set('t', input, 'x');
    await settled();
    expect(warnings).toMatchObject([{ name: 'MillpondWarning', code: 'MILLPOND_CACHE_STORE' }]);
    expect(warnings[0]?.message).toMatch(/failed in set\(\).*disk full/);
    expect(cache.stats().store).toMatchObject({ failures: 3, writes: 3 });
  });

  it('gets no result that only V8 could read back', async () => {
    const store = new MemoryStore();
    const { cache } = openCache({ store });
    for (const [input, value] of [new Map([[1, 2]]), new Set(), /x/, new Error('x'), { deep: [new Map()] }].entries()) {
      expect(cache.set('t', input, value)).toBe(true);
    }
    await settled();
    expect([store.records.size, cache.stats().store]).toMatchObject([0, { unstored: 5, failures: 0, writes: 0 }]);
  });

  it('is asked for nothing after its end', async () => {
    const store = new MemoryStore();
    let closes = 0;
    const { cache, get, executions } = openCache({ store: Object.assign(store, { close: () => void closes++ }) });
    await Promise.all([cache.close(), cache.close()]);
    cache.set('t', 1, 'x');
    cache.delete('t', 1);
    void get('t', 1);
    expect([closes, store.records.size, executions.length]).toEqual([1, 0, 1]);
  });

  it('with records of other hands gives none of them', async () => {
    const store = new MemoryStore();
    openCache({ store }).cache.set('t', 1, 'x');
    const [name] = [...store.records.keys()];
    store.records.set(name as string, Buffer.from('MPC1 and more'));
    const other = openCache({ store });
    const call = other.get('t', 1);
    await settled();
    other.finish(0, 'y');
    expect(await call).toBe('y');
  });
});
