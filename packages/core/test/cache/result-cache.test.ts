import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ResultCache } from '../../src/cache/result-cache.js';
import type { ResolvedTaskCache } from '../../src/contract/resolve-options.js';
import { deferred, type Deferred } from '../../src/base/deferred.js';

vi.mock('../../src/base/natives.js', async (original) => ({
  ...(await original<object>()),
  ...(await import('../support/live-natives.js')).liveNatives,
}));

/** An execution that a test ends by hand. */
interface Execution {
  readonly signal: AbortSignal;
  readonly end: Deferred<{ value: unknown; costMs: number }>;
}

function open(options: { max?: number; ttlMs?: number; tasks?: Record<string, ResolvedTaskCache> } = {}) {
  const { max = 100, ttlMs = 0, tasks = {} } = options;
  const cache = new ResultCache({ max, ttlMs }, (task) => tasks[task] ?? { key: undefined, ttlMs: undefined });
  const executions: Execution[] = [];
  const get = (task: string, input: unknown, signal?: AbortSignal): Promise<unknown> =>
    cache.get(task, input, signal, (shared) => {
      const end = deferred<{ value: unknown; costMs: number }>();
      executions.push({ signal: shared, end });
      return end.promise;
    });
  const finish = (at: number, value: unknown, costMs = 1): void => executions[at]?.end.resolve({ value, costMs });
  /** Calls, and ends the execution that this begins. */
  const computed = async (task: string, input: unknown, value: unknown): Promise<unknown> => {
    const result = get(task, input);
    finish(executions.length - 1, value);
    return result;
  };
  return { cache, executions, get, finish, computed };
}

describe('results', () => {
  it('are computed once for equal inputs', async () => {
    const { get, executions, computed, cache } = open();
    await computed('area', { w: 2, h: 3 }, 6);
    expect(await get('area', { h: 3, w: 2 })).toBe(6);
    expect(executions).toHaveLength(1);
    expect(cache.stats()).toEqual({ entries: 1, hits: 1, misses: 1, joined: 0, savedMs: 1 });
  });

  it('may be undefined', async () => {
    const { get, executions, computed } = open();
    await computed('log', 1, undefined);
    expect(await get('log', 1)).toBeUndefined();
    expect(executions).toHaveLength(1);
  });

  it('of one task are not those of another, however their names and inputs run together', async () => {
    const { get, executions, computed } = open({ tasks: { a: byText, 'a:b': byText, 'a:': byText } });
    await computed('a', 'b:c', 1);
    void get('a:b', 'c');
    void get('a:', 'b:c');
    expect(executions).toHaveLength(3);
  });

  it('are told apart by the key function of their task', async () => {
    const { get, computed, executions } = open({
      tasks: { user: { key: (user) => (user as { id: string }).id, ttlMs: undefined } },
    });
    await computed('user', { id: 'u1', seen: 1 }, 'Ann');
    expect(await get('user', { id: 'u1', seen: 2 })).toBe('Ann');
    void get('user', { id: 'u2', seen: 1 });
    expect(executions).toHaveLength(2);
  });

  it('leave when there are too many, the least recently used first', async () => {
    const { get, computed, executions, cache } = open({ max: 2 });
    await computed('t', 1, 'a');
    await computed('t', 2, 'b');
    await get('t', 1);
    await computed('t', 3, 'c');
    expect(cache.stats().entries).toBe(2);
    expect(await get('t', 1)).toBe('a');
    void get('t', 2);
    expect(executions).toHaveLength(4);
  });

  it('are refused for inputs that have no key, without an execution', async () => {
    const { get, executions, cache } = open();
    await expect(get('t', () => {})).rejects.toThrow(TypeError);
    expect(executions).toHaveLength(0);
    expect(cache.stats().misses).toBe(0);
  });
});

describe('failures', () => {
  it('reach every caller and are not kept', async () => {
    const { get, executions, cache } = open();
    const calls = [get('t', 1), get('t', 1)];
    executions[0]?.end.reject(new Error('broken'));
    for (const call of calls) await expect(call).rejects.toThrow('broken');
    expect(cache.stats().entries).toBe(0);
    void get('t', 1);
    expect(executions).toHaveLength(2);
  });
});

describe('calls that overlap', () => {
  it('share one execution', async () => {
    const { get, executions, finish, cache } = open();
    const calls = [get('t', 1), get('t', 1), get('t', 1)];
    expect(executions).toHaveLength(1);
    finish(0, 'one', 20);
    expect(await Promise.all(calls)).toEqual(['one', 'one', 'one']);
    expect(cache.stats()).toMatchObject({ hits: 2, misses: 1, joined: 2, entries: 1 });
  });

  it('go on when one of them leaves by its signal', async () => {
    const { get, executions, finish } = open();
    const controller = new AbortController();
    const other = new AbortController();
    const leaving = get('t', 1, controller.signal);
    const staying = [get('t', 1, other.signal), get('t', 1)];
    controller.abort(new Error('not mine any more'));
    await expect(leaving).rejects.toThrow('not mine any more');
    expect(executions[0]?.signal.aborted).toBe(false);
    finish(0, 'done');
    expect(await Promise.all(staying)).toEqual(['done', 'done']);
  });

  it('end with their execution when the last of them leaves', async () => {
    const { get, executions } = open();
    const [a, b] = [new AbortController(), new AbortController()];
    const calls = [get('t', 1, a.signal), get('t', 1, b.signal)];
    a.abort('first');
    expect(executions[0]?.signal.aborted).toBe(false);
    b.abort('last');
    expect(executions[0]?.signal.reason).toBe('last');
    await expect(calls[0]).rejects.toBe('first');
    await expect(calls[1]).rejects.toBe('last');
  });

  it('never join an execution that all had left', async () => {
    const { get, executions, finish } = open();
    const controller = new AbortController();
    const left = get('t', 1, controller.signal);
    controller.abort('gone');
    await expect(left).rejects.toBe('gone');
    const later = get('t', 1);
    expect(executions).toHaveLength(2);
    executions[0]?.end.reject(new Error('aborted'));
    finish(1, 'fresh');
    expect(await later).toBe('fresh');
  });

  it('do not begin for a signal that is aborted already', async () => {
    const { get, executions } = open();
    await expect(get('t', 1, AbortSignal.abort('no'))).rejects.toBe('no');
    expect(executions).toHaveLength(0);
  });

  it('leave no listener on their signals', async () => {
    const { get, finish } = open();
    const { signal } = new AbortController();
    const removed = vi.spyOn(signal, 'removeEventListener');
    const added = vi.spyOn(signal, 'addEventListener');
    const call = get('t', 1, signal);
    finish(0, 'x');
    await call;
    await vi.waitFor(() => expect(removed.mock.calls.length).toBe(added.mock.calls.length));
    expect(added.mock.calls.length).toBe(1);
  });
});

describe('invalidate', () => {
  it('drops the result of one input, or all of a task, and nothing else', async () => {
    const { cache, computed } = open();
    for (const input of [1, 2]) await computed('a', input, input);
    await computed('b', 1, 1);
    cache.invalidate('a', { not: 'there' });
    expect(cache.stats().entries).toBe(3);
    cache.invalidate('a', 2);
    expect(cache.stats().entries).toBe(2);
    cache.invalidate('a');
    expect(cache.stats().entries).toBe(1);
    cache.clear();
    expect(cache.stats()).toMatchObject({ entries: 0, misses: 3 });
  });

  it('takes undefined for an input', async () => {
    const { cache, computed } = open();
    await computed('a', undefined, 1);
    await computed('a', 1, 1);
    cache.invalidate('a', undefined);
    expect(cache.stats().entries).toBe(1);
  });

  it.each(['one input', 'the task', 'everything'])(
    'of %s while a call is under way lets it end, keeps nothing, and lets no one join',
    async (what) => {
      const { cache, get, executions, finish } = open();
      const before = get('a', 1);
      if (what === 'one input') cache.invalidate('a', 1);
      else if (what === 'the task') cache.invalidate('a');
      else cache.clear();
      const after = get('a', 1);
      expect(executions).toHaveLength(2);
      finish(1, 'new');
      expect(await after).toBe('new');
      finish(0, 'stale');
      expect(await before).toBe('stale');
      expect(await get('a', 1)).toBe('new');
    },
  );
});

describe('time to live', () => {
  // What the cache takes for performance.now() is ours here.
  let nowMs = 1000;
  const pass = (ms: number): void => {
    nowMs += ms;
    vi.advanceTimersByTime(ms);
  };
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('ends for a result when it has passed', async () => {
    const { get, computed, executions } = open({ ttlMs: 100 });
    await computed('t', 1, 'old');
    pass(99);
    expect(await get('t', 1)).toBe('old');
    pass(10);
    void get('t', 1);
    expect(executions).toHaveLength(2);
  });

  it('of a task overrides that of the pool, in both directions', async () => {
    const tasks = { quick: { key: undefined, ttlMs: 10 }, lasting: { key: undefined, ttlMs: 0 } };
    const { get, computed, executions } = open({ ttlMs: 100, tasks });
    for (const task of ['quick', 'lasting', 'other']) await computed(task, 1, task);
    pass(50);
    for (const task of ['quick', 'lasting', 'other']) void get(task, 1);
    expect(executions).toHaveLength(4);
    pass(100);
    for (const task of ['lasting', 'other']) void get(task, 1);
    expect(executions).toHaveLength(5);
  });

  it('is endless when it is 0', async () => {
    const { get, computed, executions } = open();
    await computed('t', 1, 'kept');
    pass(1e9);
    expect(await get('t', 1)).toBe('kept');
    expect(executions).toHaveLength(1);
  });
});

const byText: ResolvedTaskCache = { key: (input) => String(input), ttlMs: undefined };
