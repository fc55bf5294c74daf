import { describe, expect, it, vi } from 'vitest';
import type { ResolvedTaskCache } from '../../src/contract/resolved-options.js';
import { type HeldExecution, NO_RETRY, openCache as open } from '../support/cached-calls.js';

vi.mock('../../src/base/natives.js', async (original) =>
  (await import('../support/live-natives.js')).withLiveTime(original),
);

describe('results', () => {
  it('are computed once for equal inputs', async () => {
    const { get, executions, computed, cache } = open();
    await computed('area', { w: 2, h: 3 }, 6);
    expect(await get('area', { h: 3, w: 2 })).toBe(6);
    expect(executions).toHaveLength(1);
    expect(cache.stats()).toMatchObject({ entries: 1, hits: 1, misses: 1, coalesced: 0, savedMs: 1, hitRate: 0.5 });
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

  it('differ by the key function of their task', async () => {
    const { get, computed, executions } = open({
      tasks: { user: { key: (user) => (user as { id: string }).id } },
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
    const ring: unknown[] = [];
    for (let deep = 0; deep < 100_000; deep++) ring.push([ring.pop()]);
    const getter = { get n() { throw new Error('no n'); } }; // prettier-ignore
    for (const input of [() => {}, Promise.resolve(), { deep: [Symbol('s')] }, ring, getter]) {
      await expect(get('t', input)).rejects.toMatchObject({
        code: 'ERR_OPTION',
        details: { option: 'tasks.t.cache.key' },
        cause: expect.any(Error) as Error,
      });
    }
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
    expect(cache.stats()).toMatchObject({ hits: 2, misses: 1, coalesced: 2, entries: 1 });
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
    await vi.waitFor(() => expect(removed.mock.calls.length).toBe(added.mock.calls.length), { timeout: 20_000 });
    expect(added.mock.calls.length).toBe(1);
  });
});

describe('calls with limits of their own', () => {
  it('leave alone when these are over, and the execution goes on for the others', async () => {
    const { call, clock, executions, finish } = open();
    const [long, short] = [call({}), call({ timeoutMs: 100 })];
    const refused = expect(short).rejects.toThrow('timeoutMs');
    clock.advance(500);
    Object.assign(executions[0] as HeldExecution, { isQueued: false, startedAtMs: 500 });
    clock.advance(99);
    expect(executions[0]?.signal.aborted).toBe(false);
    clock.advance(2);
    await refused;
    finish(0, 'done');
    expect(await long).toBe('done');
    expect([executions.length, clock.timers]).toEqual([1, 0]);
  });

  it('are not failed by tighter ones of the call that began', async () => {
    const { call, clock, executions, finish } = open();
    const short = call({ timeoutMs: 100, queueUntilMs: 50, deadlineMs: 1000 });
    expect(executions[0]?.limits).toBeUndefined();
    const long = call({ timeoutMs: 300 });
    expect(executions[0]?.limits).toEqual({ timeoutMs: 300, queueUntilMs: Infinity, deadlineMs: Infinity });
    const refused = expect(short).rejects.toThrow('queueTimeoutMs');
    clock.advance(51);
    await refused;
    clock.advance(2000);
    finish(0, 'done');
    expect(await long).toBe('done');
  });

  it.each([
    ['queueTimeoutMs', { queueUntilMs: 50 }, 50, /raise queueTimeoutMs/],
    ['deadline', { deadlineMs: 70 }, 70, /had not begun at its deadline/],
  ])('may end while the task waits: %s', async (_, limits, limitMs, message) => {
    const { call, clock, executions } = open();
    void call({});
    const refused = expect(call(limits)).rejects.toMatchObject({
      code: 'ERR_QUEUE_TIMEOUT',
      details: { task: 't', waitedMs: limitMs + 1, limitMs, queued: 7 },
      message: expect.stringMatching(message) as string,
    });
    clock.advance(limitMs + 1);
    await refused;
    expect(executions[0]?.signal.aborted).toBe(false);
  });

  it('do not end by the time to wait once the task has a worker', async () => {
    const { call, clock, executions, finish } = open();
    void call({});
    const waiting = call({ queueUntilMs: 50 });
    Object.assign(executions[0] as HeldExecution, { isQueued: false });
    clock.advance(100);
    finish(0, 'done');
    expect(await waiting).toBe('done');
  });

  it('end the execution when the last of them is over', async () => {
    const { call, clock, executions } = open();
    const ends = Promise.allSettled([call({ deadlineMs: 50 }), call({ deadlineMs: 80, timeoutMs: 1 })]);
    Object.assign(executions[0] as HeldExecution, { isQueued: false, startedAtMs: 40 });
    clock.advance(45);
    expect(executions[0]?.signal.aborted).toBe(false);
    clock.advance(10);
    expect(executions[0]?.signal.aborted).toBe(true);
    const of = { code: 'ERR_TASK_TIMEOUT' };
    expect((await ends).map((end) => (end as PromiseRejectedResult).reason as unknown)).toMatchObject([
      { ...of, details: { task: 't', ranMs: 11, limitMs: 50, by: 'deadline', workerId: 3 } },
      { ...of, details: { task: 't', ranMs: 2, limitMs: 1, by: 'timeoutMs', workerId: 3 } },
    ]);
  });

  it('take a result that came in the moment in which they ended', async () => {
    const { call, clock, finish, executions } = open();
    void call({});
    const short = call({ timeoutMs: 100 });
    Object.assign(executions[0] as HeldExecution, { isQueued: false, startedAtMs: 0 });
    clock.after(100, () => finish(0, 'just in time'));
    clock.advance(100);
    expect(await short).toBe('just in time');
  });

  it('last for as many tries as they allow', async () => {
    const { call, clock, executions } = open();
    const retry = { ...NO_RETRY, attempts: 2 };
    void call({ retry });
    const short = call({ retry, timeoutMs: 100 });
    const refused = expect(short).rejects.toThrow('timeoutMs');
    Object.assign(executions[0] as HeldExecution, { isQueued: false, startedAtMs: 0 });
    clock.advance(299);
    expect(clock.timers).toBe(1);
    clock.advance(10);
    await refused;
  });

  it('do not share an execution that is tried again more or less often', async () => {
    const { call, executions, finish, cache } = open();
    const calls = [call({}), call({ retry: { ...NO_RETRY, attempts: 2 } }), call({})];
    expect(executions).toHaveLength(2);
    finish(1, 'second');
    finish(0, 'first');
    expect(await Promise.all(calls)).toEqual(['first', 'second', 'first']);
    expect(cache.stats()).toMatchObject({ entries: 1, coalesced: 1, misses: 2 });
  });

  it('each hear of progress, until they have left', async () => {
    const { call, executions, finish } = open();
    const heard: string[] = [];
    const controller = new AbortController();
    const calls = [
      call({ onProgress: (value) => heard.push(`a ${String(value)}`) }),
      call({}),
      call({ onProgress: (value) => heard.push(`b ${String(value)}`), signal: controller.signal }),
    ];
    executions[0]?.shared.onProgress(1);
    controller.abort('enough');
    executions[0]?.shared.onProgress(2);
    finish(0, 'done');
    await Promise.allSettled(calls);
    executions[0]?.shared.onProgress(3);
    expect(heard).toEqual(['a 1', 'b 1', 'a 2']);
  });

  it('put one listener on a signal that they share', async () => {
    const { call, finish, executions } = open();
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const calls = Array.from({ length: 50 }, (_, input) => call({ signal }, input));
    expect(added).toHaveBeenCalledTimes(1);
    for (const index of executions.keys()) finish(index, index);
    await Promise.all(calls);
  });
});

describe('keys', () => {
  it('may be of any length, and differ up to their last letter', async () => {
    const { get, executions, finish } = open({ tasks: { t: byText } });
    const long = 'x'.repeat(1_000_000);
    const calls = [get('t', `${long}1`), get('t', `${long}2`), get('t', `${long}1`)];
    expect(executions).toHaveLength(2);
    finish(0, 'one');
    finish(1, 'two');
    expect(await Promise.all(calls)).toEqual(['one', 'two', 'one']);
  });
});

describe('invalidate', () => {
  it('drops the result of one input, or all of a task, and nothing else', async () => {
    const { cache, computed } = open();
    for (const input of [1, 2]) await computed('a', input, input);
    await computed('b', 1, 1);
    expect(cache.delete('a', { not: 'there' })).toBe(false);
    expect(cache.stats().entries).toBe(3);
    expect(cache.delete('a', 2)).toBe(true);
    expect(cache.stats().entries).toBe(2);
    cache.invalidate({ task: 'a' });
    expect(cache.stats().entries).toBe(1);
    cache.clear();
    expect(cache.stats()).toMatchObject({ entries: 0, misses: 3 });
  });

  it('takes undefined for an input', async () => {
    const { cache, computed } = open();
    await computed('a', undefined, 1);
    await computed('a', 1, 1);
    cache.delete('a', undefined);
    expect(cache.stats().entries).toBe(1);
  });

  it.each(['one input', 'the task', 'everything'])(
    'of %s while a call is under way lets it end, keeps nothing, and lets no other call join',
    async (what) => {
      const { cache, get, executions, finish } = open();
      const before = get('a', 1);
      if (what === 'one input') cache.delete('a', 1);
      else if (what === 'the task') cache.invalidate({ task: 'a' });
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
  it('ends for a result when it has passed', async () => {
    const { get, clock, computed, executions, cache } = open({ ttlMs: 100 });
    await computed('t', 1, 'old');
    clock.advance(99);
    expect(await get('t', 1)).toBe('old');
    clock.advance(1);
    void get('t', 1);
    expect(executions).toHaveLength(2);
    expect(cache.stats().evictions).toMatchObject({ ttl: 1 });
  });

  it('of a task overrides that of the pool, and that of a call both', async () => {
    const { get, call, clock, computed, finish, executions } = open({
      ttlMs: 100,
      tasks: { quick: { ttlMs: 10 }, lasting: { ttlMs: 0 } },
    });
    for (const task of ['quick', 'lasting', 'other']) await computed(task, 1, task);
    const own = call({ ttlMs: 1000 }, 1, 'own');
    finish(3, 'own');
    await own;
    const ran = (): number => executions.length - 4;
    clock.advance(50);
    for (const task of ['quick', 'lasting', 'other', 'own']) void get(task, 1);
    expect(ran()).toBe(1);
    clock.advance(100);
    for (const task of ['lasting', 'other', 'own']) void get(task, 1);
    expect(ran()).toBe(2);
  });

  it('is endless when it is 0', async () => {
    const { get, clock, computed, executions } = open();
    await computed('t', 1, 'kept');
    clock.advance(1e9);
    expect(await get('t', 1)).toBe('kept');
    expect(executions).toHaveLength(1);
  });
});

const byText: Partial<ResolvedTaskCache> = { key: (input) => String(input) };
