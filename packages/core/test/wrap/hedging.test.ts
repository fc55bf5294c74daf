import { describe, expect, it } from 'vitest';
import { openWrapped, turn } from '../support/wrapped.js';

const broken = new Error('broken');
const HEDGED = { idempotent: true, hedge: { after: 100, budget: 0 } } as const;

describe('a further run of a wrapped function', () => {
  it('begins beside one that takes long, and the first result counts', async () => {
    const { call, calls, tries, advance } = openWrapped(HEDGED);
    const only = call('a');
    await advance(99);
    expect(tries).toHaveLength(1);
    await advance(1);
    expect(tries.map(({ ctx }) => ctx.attempt)).toEqual([1, 2]);
    tries[1]?.resolve('second');
    expect(await only).toBe('second');
    expect(tries.map(({ ctx }) => ctx.signal.aborted)).toEqual([true, false]);
    expect(tries[0]?.ctx.signal.reason).toMatchObject({ name: 'AbortError' });
    tries[0]?.resolve('too late');
    await advance(1e6);
    expect(calls.stats()).toMatchObject({ tries: 2, completed: 1, hedges: { begun: 1, won: 1, refused: 0 } });
  });

  it('is not begun for a call that ends before, and is ended with one that leaves', async () => {
    const { call, calls, tries, clock, advance } = openWrapped(HEDGED);
    const quick = call('a');
    await turn();
    tries[0]?.resolve(1);
    expect(await quick).toBe(1);
    await turn();
    expect(clock.timers).toBe(0);
    const abort = new AbortController();
    const left = call('b', { signal: abort.signal });
    await advance(100);
    abort.abort('gone');
    await expect(left).rejects.toBe('gone');
    expect(tries.slice(1).map(({ ctx }) => ctx.signal.aborted)).toEqual([true, true]);
    expect([calls.stats().hedges?.begun, clock.timers]).toEqual([1, 0]);
  });

  it('is waited for by a failure, and its own failure is no news', async () => {
    const { call, tries, advance } = openWrapped(HEDGED);
    const saved = call('a');
    await advance(100);
    tries[0]?.reject(broken);
    await turn();
    tries[1]?.resolve('saved');
    expect(await saved).toBe('saved');
    const lost = call('b');
    await advance(100);
    tries[3]?.reject(new Error('of the further run'));
    await turn();
    tries[2]?.reject(broken);
    await expect(lost).rejects.toBe(broken);
    const both = call('c');
    await advance(100);
    tries[4]?.reject(broken);
    await turn();
    tries[5]?.reject(new Error('of the further run'));
    await expect(both).rejects.toBe(broken);
  });

  it('is bounded by `max` and by the budget', async () => {
    const { call, calls, tries, advance } = openWrapped({ idempotent: true, hedge: { after: 10, max: 3, budget: 0 } });
    const all: Promise<unknown>[] = [];
    for (let n = 1; n <= 4; n++) {
      all.push(call(n));
      await advance(10);
      await advance(10);
      await advance(10);
      await advance(10);
    }
    // Ten that each budget begins with, and 3 for a call.
    expect(calls.stats().hedges).toMatchObject({ begun: 10, refused: 1 });
    expect(tries).toHaveLength(14);
    for (const each of tries) each.resolve('done');
    await Promise.all(all);
  });

  it('takes places and tokens of its own, and waits until there are some', async () => {
    const { call, tries, inputs, advance } = openWrapped({ ...HEDGED, concurrency: 2 });
    const both = [call('a'), call('b')];
    await advance(100);
    expect(inputs()).toEqual(['a', 'b']);
    tries[1]?.resolve(2);
    // It is looked for after twice the time.
    await advance(199);
    expect(inputs()).toEqual(['a', 'b']);
    await advance(1);
    expect(inputs()).toEqual(['a', 'b', 'a']);
    const third = call('c');
    await turn();
    expect(inputs()).toEqual(['a', 'b', 'a']);
    tries[2]?.resolve(1);
    await turn();
    expect(inputs()).toEqual(['a', 'b', 'a', 'c']);
    expect(await Promise.all(both)).toEqual([1, 2]);
    tries[3]?.resolve(3);
    expect(await third).toBe(3);
  });

  it('overtakes no try that waits for its limits', async () => {
    const { call, tries, inputs, advance } = openWrapped({
      ...HEDGED,
      rateLimit: { unit: 'tokens', max: 4, perMs: 1000, cost: (input: number) => input },
    });
    const [small, large] = [call(1), call(4)];
    await advance(100);
    expect(inputs()).toEqual([1]);
    await advance(150);
    expect(inputs()).toEqual([1, 4]);
    for (const each of tries) each.resolve('done');
    expect(await Promise.all([small, large])).toEqual(['done', 'done']);
  });

  it('is not begun while the breaker refuses calls, nor for a call that is not idempotent', async () => {
    const { call, calls, tries, advance } = openWrapped({ ...HEDGED, breaker: { consecutive: 1 } });
    const [first, once] = [call('a'), call('b', { idempotent: false })];
    await turn();
    calls.breaker(undefined).isolate();
    await advance(100);
    expect(tries).toHaveLength(2);
    for (const each of tries) each.resolve('done');
    expect(await Promise.all([first, once])).toEqual(['done', 'done']);
  });

  it('counts for the breaker by its own end, but for the run that is cancelled', async () => {
    const { call, calls, tries, advance } = openWrapped({ ...HEDGED, breaker: { consecutive: 1 } });
    const only = call('a');
    await advance(100);
    tries[1]?.resolve('second');
    expect(await only).toBe('second');
    tries[0]?.reject(broken);
    await turn();
    expect(calls.breaker(undefined).state).toBe('closed');
  });

  it('comes after the time within which 95 % of the runs ended, once 100 have', async () => {
    const { call, tries, advance } = openWrapped({ idempotent: true, hedge: {} });
    for (let n = 0; n < 100; n++) {
      const each = call(n);
      await advance(n < 94 ? 10 : 50);
      tries[n]?.resolve(n);
      await each;
    }
    expect(tries).toHaveLength(100);
    const slow = call('slow');
    await advance(40);
    expect(tries).toHaveLength(101);
    await advance(12);
    expect(tries).toHaveLength(102);
    tries[101]?.resolve('done');
    expect(await slow).toBe('done');
  });
});
