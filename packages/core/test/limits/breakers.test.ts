import { describe, expect, it } from 'vitest';
import type { BreakerOptions } from '../../src/contract/breaker-options.js';
import type { BreakerEvent } from '../../src/contract/events.js';
import { resolveBreaker, type ResolvedBreaker } from '../../src/contract/resolve-breaker.js';
import { Breakers } from '../../src/limits/breakers.js';

function open(options: BreakerOptions<never> = {}) {
  const events: BreakerEvent[] = [];
  const rules = resolveBreaker({ consecutive: 2, ...options }) as ResolvedBreaker;
  const host = { random: () => 1, breakerChanged: (event: BreakerEvent) => void events.push(event) };
  const breakers = new Breakers('fetch', rules, host);
  const fail = (key?: string, error: unknown = new Error('down')): unknown => {
    const permit = breakers.admit(key, 0);
    return permit && breakers.failed(permit, error, 0, 1);
  };
  const state = (key?: string): string => breakers.handle(key, () => 0).state;
  return { breakers, events, fail, state };
}

const KEYED = { key: (input: unknown) => input as string };

describe('the breakers of a task', () => {
  it('are one without a key', () => {
    const { breakers, events, fail, state } = open();
    fail();
    fail();
    expect([state(), breakers.keyOf('any'), fail()]).toEqual(['open', undefined, undefined]);
    expect(breakers.refuse(undefined, 4000)).toMatchObject({
      code: 'ERR_CIRCUIT_OPEN',
      message: expect.stringMatching(/^Task "fetch" was not run: its circuit breaker is open\. .* in 6000 ms/),
      details: { task: 'fetch', key: undefined, state: 'open', retryAfterMs: 6000 },
      cause: { message: 'down' },
    });
    expect(events).toMatchObject([{ task: 'fetch', key: undefined, from: 'closed', to: 'open', openMs: 10_000 }]);
    expect(breakers.stats(0)).toEqual({ state: 'open', keys: 1, notClosed: 1, opened: 1, refused: 1 });
  });

  it('are one for each key, which know nothing of each other', () => {
    const { breakers, events, fail, state } = open(KEYED);
    for (const key of ['a', 'a', 'b']) fail(breakers.keyOf(key));
    expect([state('a'), state('b'), state('never seen')]).toEqual(['open', 'closed', 'closed']);
    expect(breakers.refuse('a', 0).message).toMatch('Task "fetch" with key "a" was not run');
    expect(events).toMatchObject([{ key: 'a' }]);
    expect(breakers.stats(0)).toEqual({ state: undefined, keys: 2, notClosed: 1, opened: 1, refused: 1 });
  });

  it('are bounded in number, and those that are not closed go last', () => {
    const { breakers, fail, state } = open(KEYED);
    fail('down');
    fail('down');
    for (let n = 0; n < 20_000; n++) fail(`key ${n}`);
    expect(breakers.stats(0)).toMatchObject({ keys: 10_000, notClosed: 1 });
    expect(state('down')).toBe('open');
    // The one used last has kept its failure.
    fail('key 19999');
    expect(state('key 19999')).toBe('open');
    for (let n = 0; n < 20_000; n++) for (const _ of [1, 2]) fail(`other ${n}`);
    expect(breakers.stats(0)).toMatchObject({ keys: 10_000, notClosed: 10_000 });
  });

  it('know a long key by its hash', () => {
    const { breakers, fail, state } = open(KEYED);
    const long = 'x'.repeat(10_000);
    for (const _ of [1, 2]) fail(breakers.keyOf(long));
    expect(breakers.keyOf(long)?.length).toBeLessThan(100);
    expect(state(long)).toBe('open');
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no key');
      },
      /"tasks\.fetch\.breaker\.key" threw an error/,
    ],
    ['gives a number', () => NaN, /must return a string; received NaN/],
    ['gives a promise', async () => 'a', /must return a string; received a promise/],
    [
      'gives a promise that rejects',
      () => Promise.reject(new Error('late')),
      /must return a string; received a promise/,
    ],
    ['gives nothing', () => undefined, /must return a string; received undefined/],
  ])('refuse a call whose key %s', (_what, key, message) => {
    const { breakers } = open({ key: key as unknown as () => string });
    expect(() => breakers.keyOf(1)).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION', message: expect.stringMatching(message) }),
    );
  });

  it('count only the failures that `on` selects', () => {
    const { fail, state } = open({ on: (error) => (error as Error).message !== 'not found' });
    for (let n = 0; n < 9; n++) fail(undefined, new Error('not found'));
    fail();
    fail(undefined, new Error('not found'));
    expect(state()).toBe('closed');
    fail();
    expect(state()).toBe('open');
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('fault');
      },
    ],
    ['gives a promise', () => Promise.reject(new Error('late'))],
  ])('count a failure about which `on` %s, and report both errors', (_what, on) => {
    const { fail, state } = open({ on: on as () => never });
    const fault = fail() as AggregateError;
    expect(fault).toBeInstanceOf(AggregateError);
    expect(fault.errors).toMatchObject([{ message: 'down' }, {}]);
    fail();
    expect(state()).toBe('open');
  });

  it('with dryRun refuse nothing, and count what they would refuse', () => {
    const { breakers, events, fail, state } = open({ dryRun: true });
    for (let n = 0; n < 5; n++) fail();
    expect(breakers.refusesUntil(undefined, 0)).toBeUndefined();
    expect(events).toMatchObject([{ to: 'open', dryRun: true }]);
    expect(breakers.stats(0)).toEqual({ state: 'open', keys: 1, notClosed: 1, opened: 1, refused: 3 });
    expect(state()).toBe('open');
  });

  it('are isolated and reset by hand, also before the first call', () => {
    const { breakers, events } = open(KEYED);
    const handle = breakers.handle('a', () => 0);
    handle.reset();
    handle.isolate();
    expect([handle.state, breakers.refusesUntil('a', 1e9), breakers.refusesUntil('b', 0)]).toEqual([
      'isolated',
      Infinity,
      undefined,
    ]);
    expect(breakers.refuse('a', 0).message).toMatch(
      'its circuit breaker is isolated, and stays so until reset() is called',
    );
    handle.reset();
    expect([handle.state, events.map(({ to }) => to)]).toEqual(['closed', ['isolated', 'closed']]);
  });

  it('ask for a key exactly where there are keys', () => {
    expect(() => open().breakers.handle('a', () => 0)).toThrow(/Argument "key" must be left out/);
    expect(() => open(KEYED).breakers.handle(undefined, () => 0)).toThrow(
      /Argument "key" must be a key of task "fetch"/,
    );
  });
});
