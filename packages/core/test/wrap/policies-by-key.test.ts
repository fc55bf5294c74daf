import { describe, expect, it } from 'vitest';
import { wrap } from '../../src/wrap/wrap.js';
import { openWrapped, turn } from '../support/wrapped.js';

const broken = new Error('broken');
const firstOf = (input: string): string => input.charAt(0);

describe('policies of a wrapped function with keys of their own', () => {
  it('are breakers, each for one key', async () => {
    const { call, calls, tries } = openWrapped({ name: 'get', breaker: { consecutive: 1, key: firstOf } });
    const first = call('a1');
    await turn();
    tries[0]?.reject(broken);
    await expect(first).rejects.toBe(broken);
    await expect(call('a2')).rejects.toMatchObject({
      code: 'ERR_CIRCUIT_OPEN',
      details: { task: 'get', key: 'a', state: 'open' },
      cause: broken,
    });
    expect(['a', 'b'].map((key) => calls.breaker(key).state)).toEqual(['open', 'closed']);
    const other = call('b1');
    await turn();
    tries[1]?.resolve(1);
    expect(await other).toBe(1);
    expect(calls.stats().breaker).toEqual({ state: undefined, keys: 2, notClosed: 1, opened: 1, refused: 1 });
    expect(() => calls.breaker(undefined)).toThrow(/must be a key of task "get"/);
  });

  it('are rate limits, each for one key, beside others for all', async () => {
    const { call, inputs, tries } = openWrapped({
      name: 'get',
      rateLimit: [
        { calls: 1, perMs: 1e6, when: 'reject', key: firstOf },
        { calls: 3, perMs: 1e6, when: 'reject' },
      ],
    });
    const calls = [call('a1'), call('b1')];
    await expect(call('a2')).rejects.toMatchObject({ code: 'ERR_RATE_LIMITED', details: { task: 'get', key: 'a' } });
    calls.push(call('c1'));
    await expect(call('d1')).rejects.toMatchObject({ code: 'ERR_RATE_LIMITED', details: { key: undefined } });
    await turn();
    expect(inputs()).toEqual(['a1', 'b1', 'c1']);
    for (const each of tries) each.resolve('done');
    expect(await Promise.all(calls)).toEqual(['done', 'done', 'done']);
  });

  it('are places, and keys take turns for those of all', async () => {
    const { call, inputs, tries } = openWrapped({ concurrency: 2, concurrencyByKey: { key: firstOf, max: 1 } });
    const calls = ['a1', 'a2', 'a3', 'b1', 'b2', 'c1'].map((input) => call(input));
    for (let ended = 0; ended < calls.length; ended++) {
      await turn();
      expect(inputs().length - ended).toBeLessThanOrEqual(2);
      tries[ended]?.resolve(ended);
    }
    await Promise.all(calls);
    expect(inputs()).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  it('close the limit of one key for as long as a failure of it asks for', async () => {
    const { call, inputs, tries, advance } = openWrapped({ rateLimit: { calls: 10, perMs: 1, key: firstOf } });
    const first = call('a1');
    await turn();
    tries[0]?.reject(Object.assign(new Error('429'), { retryAfterMs: 5000 }));
    await expect(first).rejects.toThrow('429');
    const [own, other] = [call('a2'), call('b1')];
    await advance(4999);
    expect(inputs()).toEqual(['a1', 'b1']);
    await advance(1);
    expect(inputs()).toEqual(['a1', 'b1', 'a2']);
    for (const each of tries) each.resolve('done');
    expect(await Promise.all([own, other])).toEqual(['done', 'done']);
  });

  it.each([
    ['breaker.key', { breaker: { key: (): string => 5 as never } }, 'must return a string; received 5 (number).'],
    [
      'rateLimit.key',
      {
        rateLimit: {
          calls: 1,
          perMs: 1,
          key: (): string => {
            throw broken;
          },
        },
      },
      'threw an error: ',
    ],
    [
      'concurrencyByKey.key',
      { concurrencyByKey: { max: 1, key: async () => Promise.reject(broken) } },
      'must return a string; received a promise.',
    ],
  ])('reject a call whose %s is wrong', async (option, policies, reason) => {
    let calls = 0;
    const call = wrap(() => ++calls, { name: 'get', retry: 5, ...(policies as object) });
    await expect(call()).rejects.toMatchObject({
      code: 'ERR_OPTION',
      details: { option: `wrap("get").${option}`, reason: expect.stringContaining(reason) as string },
    });
    expect(calls).toBe(0);
  });
});

describe('a thenable from a function of a wrapped function', () => {
  const give = (): never => ({ then: (done: (value: unknown) => void) => done('k') }) as never;
  const unread = (): never =>
    Object.defineProperty({}, 'then', {
      get() {
        throw broken;
      },
    }) as never;

  it.each(
    [give, unread].flatMap((key): [string, object][] => [
      ['breaker.key', { breaker: { key } }],
      ['rateLimit.key', { rateLimit: { calls: 1, perMs: 1, key } }],
      ['rateLimit.cost', { rateLimit: { unit: 'tokens', max: 1, perMs: 1, cost: key } }],
      ['concurrencyByKey.key', { concurrencyByKey: { max: 1, key } }],
      ['throttle.key', { throttle: { everyMs: 1, key } }],
      ['debounce.key', { debounce: { waitMs: 1, key } }],
      ['cache.key', { cache: { key } }],
      ['cache.tags', { cache: { tags: key } }],
    ]),
  )('is refused as %s', async (option, policies) => {
    const call = wrap(() => 1, { name: 'get', ...policies });
    await expect(call()).rejects.toMatchObject({
      code: 'ERR_OPTION',
      details: {
        option: `wrap("get").${option}`,
        reason: expect.stringMatching(/^must return .*; received a promise\.$/) as string,
      },
    });
  });

  it.each([
    ['retry.on', { retry: { attempts: 1, on: give } }],
    ['breaker.on', { breaker: { on: give } }],
  ])('is refused as %s, beside the failure', async (option, policies) => {
    const call = wrap(() => Promise.reject(broken), { name: 'get', ...policies });
    await expect(call()).rejects.toMatchObject({
      errors: [
        broken,
        {
          code: 'ERR_OPTION',
          details: {
            option: expect.stringContaining(option) as string,
            reason: expect.stringContaining('received a promise.') as string,
          },
        },
      ],
    });
  });

  it('is no reason for another error where tags have a gap', async () => {
    const tags = (): string[] => Object.assign([], { 1: 'a' });
    await expect(wrap(() => 1, { name: 'get', cache: { tags } })()).rejects.toMatchObject({
      code: 'ERR_OPTION',
      details: { option: 'wrap("get").cache.tags' },
    });
  });
});

describe('places and tokens of a wrapped function', () => {
  it('are all there again after any mixture of ends', async () => {
    const { call, tries, advance, calls } = openWrapped({
      concurrency: 3,
      concurrencyByKey: { key: firstOf, max: 2 },
      rateLimit: { unit: 'tokens', max: 1000, perMs: 1, cost: () => 1, window: 'strict' },
      retry: { attempts: 1, backoff: { baseMs: 0 } },
      timeoutMs: 50,
      breaker: { failureShare: 1, minCalls: 1e6 },
    });
    let seed = 7;
    const chance = (of: number): number => (seed = (seed * 48_271) % 2_147_483_647) % of;
    const running = new Set<(typeof tries)[number]>();
    let seen = 0;
    let most = 0;
    const ends: Promise<unknown>[] = [];
    for (let step = 0; step < 600; step++) {
      const abort = new AbortController();
      ends.push(call(`${'abc'.charAt(chance(3))}${step}`, { signal: abort.signal }).catch(() => undefined));
      if (chance(3) === 0) void Promise.resolve().then(() => abort.abort('gone'));
      await turn();
      for (; seen < tries.length; seen++) running.add(tries[seen] as (typeof tries)[number]);
      most = Math.max(most, running.size);
      for (const each of running) {
        if (chance(2) === 0) continue;
        if (chance(2) === 0) each.resolve('done');
        else each.reject(broken);
        running.delete(each);
      }
      if (chance(10) === 0) await advance(60);
    }
    for (let round = 0; round < 2000 && calls.stats().calls > 0; round++) {
      await advance(60);
      for (const each of tries) each.resolve('done');
      const { completed, failed, cancelled, calls: all } = calls.stats();
      if (completed + failed + cancelled === all) break;
    }
    await Promise.all(ends);
    expect(most).toBe(3);
    const before = tries.length;
    const last = ['a', 'b', 'c'].map((input) => call(input));
    await turn();
    expect(tries).toHaveLength(before + 3);
    for (const each of tries) each.resolve('last');
    expect(await Promise.all(last)).toEqual(['last', 'last', 'last']);
  });

  it('are not waited for by a call that leaves as its pause ends', async () => {
    const { call, tries, clock, inputs } = openWrapped({
      concurrency: 1,
      retry: { attempts: 1, backoff: { baseMs: 0 } },
    });
    const abort = new AbortController();
    const leaving = call('a', { signal: abort.signal });
    const other = call('b');
    await turn();
    tries[0]?.reject(broken);
    await turn();
    expect(inputs()).toEqual(['a', 'b']);
    clock.advance(0);
    abort.abort('gone');
    await expect(leaving).rejects.toBe('gone');
    tries[1]?.resolve(2);
    expect(await other).toBe(2);
  });

  it('are there again for the next one, whenever a call leaves around its turn', async () => {
    let atTurn = 0;
    for (let steps = 0; steps < 30; steps++) {
      const { call, calls, tries } = openWrapped({ concurrency: 1, breaker: { consecutive: 1 } });
      const first = call('a');
      const abort = new AbortController();
      const leaving = call('b', { signal: abort.signal }).catch((error: unknown) => error);
      const last = call('c');
      await turn();
      tries[0]?.resolve(1);
      for (let step = 0; step < steps; step++) await Promise.resolve();
      // Of a run that began, the function goes on, and keeps its place.
      if (tries.length === 1) atTurn++;
      abort.abort('gone');
      expect([await leaving, await first]).toEqual(['gone', 1]);
      await turn();
      tries[1]?.resolve(2);
      await turn();
      tries[2]?.resolve(3);
      expect(await last).toBeTypeOf('number');
      expect(calls.stats()).toMatchObject({ completed: 2, cancelled: 1, breaker: { state: 'closed' } });
    }
    expect(atTurn).toBeGreaterThan(0);
    expect(atTurn).toBeLessThan(30);
  });

  it('go by what the function reports', async () => {
    const { call, tries, inputs, advance } = openWrapped({
      rateLimit: { unit: 'tokens', max: 10, perMs: 1000, cost: () => 1 },
    });
    const first = call('a');
    await turn();
    tries[0]?.ctx.report({ tokens: 10, other: 3 });
    expect(() => tries[0]?.ctx.report({ tokens: NaN })).toThrow(TypeError);
    const second = call('b');
    await advance(99);
    expect(inputs()).toEqual(['a']);
    await advance(1);
    expect(inputs()).toEqual(['a', 'b']);
    for (const each of tries) each.resolve('done');
    expect(await Promise.all([first, second])).toEqual(['done', 'done']);
  });

  it('tell how long they have held tries back', async () => {
    const { call, calls, tries, advance } = openWrapped({ concurrency: 1 });
    const both = [call('a'), call('b')];
    await advance(40);
    tries[0]?.resolve(1);
    await turn();
    tries[1]?.resolve(2);
    await Promise.all(both);
    expect(calls.stats().limitWaitMs).toMatchObject({ count: 2, min: 0, max: 40 });
  });
});
