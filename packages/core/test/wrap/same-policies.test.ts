import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { checkTaskOptions } from '../../src/contract/check-options.js';
import { PoolError } from '../../src/contract/errors.js';
import type { BreakerEvent } from '../../src/contract/events.js';
import { BUILT_IN_TASK, resolveTask } from '../../src/contract/resolve-task.js';
import { resolveWrap } from '../../src/contract/resolve-wrap.js';
import type { TaskOptions } from '../../src/contract/task-options.js';
import { wrap } from '../../src/wrap/wrap.js';
import { openWrapped, turn } from '../support/wrapped.js';

const broken = new Error('broken');
const key = (input: string): string => input;

/** Policies as they may stand in `tasks` of a pool. */
const POLICIES: readonly [string, TaskOptions<string>][] = [
  ['none', {}],
  ['times and tries', { timeoutMs: 5, retry: { attempts: 3, backoff: { baseMs: 1 }, budget: 0.1 }, idempotent: true }],
  ['a cache', { cache: { key, ttlMs: 5, staleIfErrorMs: 100, tags: ['a'], failures: { ttlMs: 1 } } }],
  ['no breaker', { breaker: false }],
  ['a breaker', { breaker: { consecutive: 3, maxOpenMs: 60_000, key, fallback: () => null, on: () => true } }],
  ['shares', { breaker: { failureShare: 0.5, slowShare: 0.5, slowMs: 100, probes: 3, probeMs: 5, dryRun: true } }],
  ['a limit', { rateLimit: { calls: 1, perMs: 5, when: 'reject', window: 'strict', key }, concurrency: 4 }],
  [
    'limits',
    {
      rateLimit: [
        { calls: 1, perMs: 5 },
        { unit: 'tokens', max: 2.5, perMs: 5, cost: (input) => input.length },
      ],
      concurrencyByKey: { key, max: 2 },
    },
  ],
  ['a hedge', { idempotent: true, hedge: { after: 5, max: 2 } }],
  ['throttle', { throttle: { everyMs: 5, leading: false, superseded: 'reject', key } }],
  ['debounce', { debounce: { waitMs: 5, maxWaitMs: 50 } }],
];

describe('policies of a task', () => {
  it.each(POLICIES)('mean the same around a function: %s', (_, policies) => {
    const ofTask = resolveTask(checkTaskOptions(policies, 'x'), BUILT_IN_TASK, 0, 'x');
    const ofFunction = resolveWrap(policies, 'fn').settings;
    const withoutPath = (path: string): string => path.replace(/^(x|wrap\("fn"\))\./, '');
    const withoutPaths = ({ limits, cache, ...others }: typeof ofTask): unknown => ({
      ...others,
      cache: cache && { ...cache, path: withoutPath(cache.path) },
      limits: limits?.map((each) => ({ ...each, option: withoutPath(each.option) })),
    });
    expect(withoutPaths(ofFunction)).toEqual(withoutPaths(ofTask));
  });
});

describe('events of a wrapped function', () => {
  it('are those of its breaker, with its name and key', async () => {
    const { call, calls, tries, advance } = openWrapped({
      ...{ name: 'get', breaker: { consecutive: 1, openMs: 100, key: (input: string) => input } },
    });
    const seen: string[] = [];
    const note = ({ task, key: own, from, to }: BreakerEvent): void => void seen.push(`${task} ${own}: ${from} ${to}`);
    for (const name of ['breaker:open', 'breaker:half-open', 'breaker:close'] as const) calls.events.on(name, note);
    const first = call('a');
    await turn();
    tries[0]?.reject(broken);
    await expect(first).rejects.toBe(broken);
    await advance(100);
    const second = call('a');
    await turn();
    tries[1]?.resolve(1);
    await second;
    await turn();
    expect(seen).toEqual(['get a: closed open', 'get a: open half-open', 'get a: half-open closed']);
    calls.events.off('breaker:open', note);
    calls.breaker('a').isolate();
    await turn();
    expect(seen).toHaveLength(3);
  });

  it('come after the step that led to them, and their listeners may call the function', async () => {
    let isDown = true;
    const get = wrap(
      (input: string) => {
        if (isDown) throw broken;
        return input;
      },
      { breaker: { consecutive: 1, openMs: 1e6 } },
    );
    const again = new Promise((resolve) => {
      get.on('breaker:open', () => {
        isDown = false;
        get.breaker().reset();
        resolve(get('again'));
      });
    });
    await expect(get('first')).rejects.toBe(broken);
    expect(await again).toBe('again');
    expect(get.with({ timeoutMs: 5 }).on('breaker:close', () => {})).toBeTypeOf('function');
  });

  it('have names, and a misspelt one is refused', () => {
    const get = wrap(() => 1, { breaker: {} });
    const on = get.on as (event: string, listener: () => void) => unknown;
    expect(() => on('breaker:opened', () => {})).toThrow(/Did you mean "breaker:open"/);
    expect(() => get.on('breaker:open', undefined as never)).toThrow(/must be a function/);
    expect(() => get.off('breaker:open', undefined as never)).toThrow(/must be a function/);
  });
});

describe('a breaker around a function', () => {
  it('gives a refused call what its fallback gives, within the signal of the call', async () => {
    const abort = new AbortController();
    const get = wrap((input: string) => input, {
      name: 'get',
      breaker: {
        fallback: (error, input) => {
          if (input === 'bad') throw broken;
          if (input === 'slow') return new Promise(() => {});
          return `${(error as PoolError).code} ${input}`;
        },
      },
    });
    get.breaker().isolate();
    expect(await get('a')).toBe('ERR_CIRCUIT_OPEN a');
    await expect(get('bad')).rejects.toMatchObject({ errors: [{ code: 'ERR_CIRCUIT_OPEN' }, broken] });
    const slow = get('slow', { signal: abort.signal });
    await turn();
    abort.abort('gone');
    await expect(slow).rejects.toBe('gone');
    expect(get.stats()).toMatchObject({ completed: 1, failed: 1, cancelled: 1, tries: 0 });
  });

  it('counts a deadline that ends a try, and no caller that leaves', async () => {
    const get = wrap((_: string) => new Promise<never>(() => {}), { breaker: { consecutive: 1 } });
    const abort = new AbortController();
    const left = get('a', { signal: abort.signal });
    abort.abort('gone');
    await expect(left).rejects.toBe('gone');
    expect(get.breaker().state).toBe('closed');
    await expect(get('b', { deadline: Date.now() + 20 })).rejects.toMatchObject({
      code: 'ERR_TASK_TIMEOUT',
      details: { by: 'deadline' },
    });
    expect(get.breaker().state).toBe('open');
  });

  it('ends the tries when the wait for the next one would find it open', async () => {
    const { call, calls, tries } = openWrapped({
      retry: { attempts: 3, backoff: { baseMs: 0 } },
      breaker: { consecutive: 1 },
    });
    const only = call('a');
    await turn();
    tries[0]?.reject(broken);
    await expect(only).rejects.toMatchObject({ code: 'ERR_CIRCUIT_OPEN', cause: broken });
    expect(calls.stats()).toMatchObject({ tries: 1, breaker: { refused: 1 } });
  });

  it('says what came before, when a limit refuses the next one', async () => {
    const { call, tries, clock } = openWrapped({
      retry: { attempts: 3, backoff: { baseMs: 1, maxMs: 1 } },
      rateLimit: { calls: 1, perMs: 1000, when: 'reject' },
    });
    const only = expect(call('a')).rejects.toMatchObject({ code: 'ERR_RATE_LIMITED', cause: broken });
    await turn();
    tries[0]?.reject(broken);
    await turn();
    clock.advance(1);
    await only;
  });
});

describe('a function that fails with the error of another policy', () => {
  it.each(['ERR_CIRCUIT_OPEN', 'ERR_RATE_LIMITED', 'ERR_OPTION'] as const)(
    'is tried again, and its breaker counts: %s',
    async (code) => {
      const details = { task: 'inner', key: undefined, state: 'open', retryAfterMs: 0, option: 'x', reason: 'y' };
      const inner = new PoolError(code, details);
      let calls = 0;
      const outer = wrap(
        () => {
          calls++;
          throw inner;
        },
        { retry: { attempts: 2, backoff: { baseMs: 0 } }, breaker: { consecutive: 3 } },
      );
      await expect(outer()).rejects.toBe(inner);
      expect([calls, outer.breaker().state]).toEqual([3, 'open']);
    },
  );
});

describe('a run of a debounced function', () => {
  it('has the async context of its own call, whatever timer or call begins it', async () => {
    const context = new AsyncLocalStorage<string>();
    const get = wrap(() => context.getStore(), { debounce: { waitMs: 1 } });
    const first = context.run('first', () => get());
    const last = context.run('last', () => get());
    expect(await Promise.all([first, last])).toEqual(['last', 'last']);
    const flushed = context.run('own', () => get());
    context.run('of flush', () => get.flush());
    expect(await flushed).toBe('own');
  });
});
