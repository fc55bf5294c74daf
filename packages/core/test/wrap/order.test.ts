import { describe, expect, it } from 'vitest';
import { wrap } from '../../src/wrap/wrap.js';
import { openWrapped, turn } from '../support/wrapped.js';

const broken = new Error('broken');

/** Each pair of neighbours, from the outermost policy to the innermost. */
describe('the order of policies around a function', () => {
  it('cache → single flight: a kept result answers although an equal call is under way', async () => {
    const { call, calls, tries, advance } = openWrapped({ cache: { ttlMs: 100, staleWhileRevalidateMs: 1000 } });
    const first = call(1);
    await turn();
    tries[0]?.resolve('old');
    expect(await first).toBe('old');
    await advance(100);
    // It gives the old result, and begins the flight of the new one.
    expect(await call(1)).toBe('old');
    expect(tries).toHaveLength(2);
    expect(await call(1)).toBe('old');
    expect(calls.stats().cache).toMatchObject({ hits: 2, stale: 2, coalesced: 0, misses: 1 });
    tries[1]?.resolve('new');
    await turn();
    expect(await call(1)).toBe('new');
  });

  it('single flight → debounce: equal calls are one call to be debounced', async () => {
    const { call, calls, tries, advance } = openWrapped({ cache: true, debounce: { waitMs: 100 } });
    const equal = [call(1), call(1), call(1)];
    await advance(100);
    tries[0]?.resolve('found');
    expect(await Promise.all(equal)).toEqual(['found', 'found', 'found']);
    expect(calls.stats()).toMatchObject({ shaping: { calls: 1, ran: 1 }, cache: { coalesced: 2 } });
  });

  it('cache → debounce: the result of another input is not kept', async () => {
    const { call, tries, advance, inputs } = openWrapped({ cache: true, debounce: { waitMs: 100 } });
    const typed = [call('a'), call('ab')];
    await advance(100);
    tries[0]?.resolve('of ab');
    expect(await Promise.all(typed)).toEqual(['of ab', 'of ab']);
    expect(await call('ab')).toBe('of ab');
    const again = call('a');
    await advance(100);
    expect(inputs()).toEqual(['ab', 'a']);
    tries[1]?.resolve('of a');
    expect(await again).toBe('of a');
  });

  it('debounce → deadline: the run has the deadline of the call that runs, and not of one that it replaces', async () => {
    let end: ((value: string) => void) | undefined;
    const search = wrap((_: string) => new Promise<string>((resolve) => (end = resolve)), { debounce: { waitMs: 1 } });
    const first = search('a', { deadline: Date.now() + 50 });
    const last = search('ab');
    await expect(first).rejects.toMatchObject({ code: 'ERR_QUEUE_TIMEOUT' });
    end?.('found');
    expect(await last).toBe('found');
  });

  it('deadline → retry: the deadline bounds all tries together', async () => {
    let tries = 0;
    const call = wrap(
      () => {
        tries++;
        throw broken;
      },
      { retry: { attempts: 1e9, backoff: { baseMs: 1, maxMs: 1 } } },
    );
    const end = await call(undefined, { deadline: Date.now() + 50 }).catch((error: unknown) => error);
    // Between two tries it is over, or the next one would begin too late.
    expect([broken, expect.objectContaining({ code: 'ERR_QUEUE_TIMEOUT' })]).toContainEqual(end);
    expect(tries).toBeGreaterThan(1);
  });

  it('retry → breaker: every try is looked at, and an open breaker ends the tries', async () => {
    let tries = 0;
    const call = wrap(
      () => {
        tries++;
        throw broken;
      },
      { retry: { attempts: 100, backoff: { baseMs: 0 } }, breaker: { consecutive: 3 } },
    );
    await expect(call()).rejects.toMatchObject({ code: 'ERR_CIRCUIT_OPEN', cause: broken });
    expect([tries, call.breaker().state]).toEqual([3, 'open']);
    await expect(call()).rejects.toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
    expect(tries).toBe(3);
  });

  it('breaker → concurrency: an open breaker refuses at once although no place is free', async () => {
    const { call, calls, tries } = openWrapped({ concurrency: 1, breaker: { consecutive: 1 } });
    const running = call('a');
    await turn();
    calls.breaker(undefined).isolate();
    await expect(call('b')).rejects.toMatchObject({ code: 'ERR_CIRCUIT_OPEN', details: { state: 'isolated' } });
    tries[0]?.resolve(1);
    expect(await running).toBe(1);
  });

  it('breaker → concurrency: a call that waits for a place is looked at again before it runs', async () => {
    const { call, tries } = openWrapped({ concurrency: 1, breaker: { consecutive: 1 } });
    const running = call('a');
    const waiting = call('b');
    await turn();
    tries[0]?.reject(broken);
    expect(await Promise.allSettled([running, waiting])).toMatchObject([
      { reason: broken },
      { reason: { code: 'ERR_CIRCUIT_OPEN', cause: broken } },
    ]);
    expect(tries).toHaveLength(1);
  });

  it('concurrency → rate limit: a call that waits for a place takes nothing of the limit', async () => {
    const { call, tries, inputs, advance } = openWrapped({ concurrency: 1, rateLimit: { calls: 2, perMs: 1000 } });
    const abort = new AbortController();
    const first = call('a');
    const second = call('b', { signal: abort.signal });
    const third = call('c');
    await turn();
    abort.abort('gone');
    await expect(second).rejects.toBe('gone');
    tries[0]?.resolve(1);
    expect(await first).toBe(1);
    await turn();
    tries[1]?.resolve(3);
    expect(await third).toBe(3);
    const fourth = call('d');
    await advance(499);
    expect(inputs()).toEqual(['a', 'c']);
    await advance(1);
    expect(inputs()).toEqual(['a', 'c', 'd']);
    tries[2]?.resolve(4);
    expect(await fourth).toBe(4);
  });

  it('fallback → cache: what a fallback gives is not kept', async () => {
    const { call, calls, tries } = openWrapped({
      ...{ cache: true, breaker: { consecutive: 1, fallback: (_: unknown, input: string) => `no ${input}` } },
    });
    calls.breaker(undefined).isolate();
    expect([await call('a'), await call('a')]).toEqual(['no a', 'no a']);
    calls.breaker(undefined).reset();
    const last = call('a');
    await turn();
    tries[0]?.resolve('found');
    expect(await last).toBe('found');
    expect(calls.stats()).toMatchObject({ tries: 1, breaker: { opened: 1, refused: 2 }, cache: { hits: 0 } });
  });

  it('rate limit → timeoutMs: the wait for the limit is no time of the try', async () => {
    const { call, tries, advance } = openWrapped({ rateLimit: { calls: 1, perMs: 1000 }, timeoutMs: 100 });
    const first = call('a');
    const second = call('b');
    await turn();
    tries[0]?.resolve(1);
    await advance(999);
    expect(tries).toHaveLength(1);
    await advance(1);
    await advance(99);
    tries[1]?.resolve(2);
    expect(await Promise.all([first, second])).toEqual([1, 2]);
    const third = call('c');
    const details = { by: 'timeoutMs', limitMs: 100 };
    const late = expect(third).rejects.toMatchObject({ code: 'ERR_TASK_TIMEOUT', details });
    await advance(1000);
    await advance(100);
    await late;
  });
});
