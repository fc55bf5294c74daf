import { describe, expect, it } from 'vitest';
import { openShapers } from '../support/shaped-calls.js';

const THROTTLE = { throttle: { everyMs: 100 } };
const DEBOUNCE = { debounce: { waitMs: 100 } };

describe('calls that wait together', () => {
  it('share the run of the latest, each with a copy of its own', async () => {
    const { clock, runs, call, inputs, held, superseded, shapers } = openShapers(DEBOUNCE);
    const calls = ['a', 'b', 'c'].map((input) => call(input));
    expect(held).toEqual(['a', 'b', 'c']);
    clock.advance(99);
    expect(runs).toEqual([]);
    clock.advance(1);
    expect(inputs()).toEqual(['c']);
    runs[0]?.resolve('found');
    expect(await Promise.all(calls)).toEqual([['found'], ['found'], 'found']);
    expect(superseded).toEqual(['a', 'b']);
    expect(shapers.stats()).toEqual({ calls: 3, ran: 1, superseded: 2, reductionShare: 2 / 3 });
    expect(clock.timers).toBe(0);
  });

  it('share its failure', async () => {
    const { clock, runs, call, superseded } = openShapers(DEBOUNCE);
    const calls = ['a', 'b'].map((input) => call(input));
    const failed = new Error('broken');
    clock.advance(100);
    runs[0]?.reject(failed);
    for (const end of await Promise.allSettled(calls)) expect(end).toEqual({ status: 'rejected', reason: failed });
    expect(superseded).toEqual(['a']);
  });

  it('reject as soon as a later one takes their place, where that is asked for', async () => {
    const { clock, runs, call, inputs, shapers } = openShapers({ debounce: { waitMs: 100, superseded: 'reject' } });
    const first = call('a');
    const second = call('b');
    await expect(first).rejects.toMatchObject({ code: 'ERR_SUPERSEDED', details: { task: 'search' } });
    clock.advance(100);
    expect(inputs()).toEqual(['b']);
    runs[0]?.resolve('found');
    expect(await second).toBe('found');
    expect(shapers.stats()).toMatchObject({ calls: 2, ran: 1, superseded: 1, reductionShare: 0.5 });
  });

  it('wait from the first of them, and not from one that was replaced, until maxWaitMs', () => {
    const { clock, call, inputs } = openShapers({ debounce: { waitMs: 100, maxWaitMs: 150, superseded: 'reject' } });
    for (const input of ['a', 'b', 'c']) {
      call(input).catch(() => {});
      clock.advance(60);
    }
    expect(inputs()).toEqual(['c']);
  });

  it('have one timer, however many they are', () => {
    const { clock, call } = openShapers(DEBOUNCE);
    for (let n = 0; n < 1000; n++) {
      void call(n);
      clock.advance(1);
      expect(clock.timers).toBe(1);
    }
  });

  it('get progress of the run that they share', async () => {
    const { clock, runs, call } = openShapers(DEBOUNCE);
    const heard: string[] = [];
    const calls = ['a', 'b'].map((input) =>
      call(input, { onProgress: (value) => heard.push(`${input} ${String(value)}`) }),
    );
    clock.advance(100);
    runs[0]?.terms.onProgress?.('half');
    runs[0]?.resolve(1);
    await Promise.all(calls);
    runs[0]?.terms.onProgress?.('late');
    expect(heard).toEqual(['a half', 'b half']);
  });

  it('ask for no progress that none of them wants', () => {
    const { clock, runs, call } = openShapers(DEBOUNCE);
    void call('a');
    clock.advance(100);
    expect(runs[0]?.terms.onProgress).toBeUndefined();
  });
});

describe('a throttled call', () => {
  it('runs at once, and those after it wait for its time', async () => {
    const { clock, runs, call, inputs, held } = openShapers(THROTTLE);
    const first = call('a');
    expect([inputs(), held]).toEqual([['a'], []]);
    runs[0]?.resolve(1);
    expect(await first).toBe(1);
    clock.advance(40);
    void call('b');
    void call('c');
    clock.advance(59);
    expect(inputs()).toEqual(['a']);
    clock.advance(1);
    expect(inputs()).toEqual(['a', 'c']);
  });

  it('without trailing gets a copy of the result before it, also one that has come', async () => {
    const { clock, runs, call, inputs, shapers } = openShapers({ throttle: { everyMs: 100, trailing: false } });
    const first = call('a');
    const second = call('b');
    runs[0]?.resolve('found');
    expect(await Promise.all([first, second])).toEqual([['found'], ['found']]);
    expect(await call('c')).toEqual(['found']);
    clock.advance(100);
    void call('d');
    expect(inputs()).toEqual(['a', 'd']);
    expect(shapers.stats()).toMatchObject({ calls: 4, ran: 2, superseded: 2 });
  });

  it('without trailing waits for its time if the run before it was cancelled', async () => {
    const { clock, call, inputs } = openShapers({ throttle: { everyMs: 100, trailing: false } });
    const abort = new AbortController();
    const first = call('a', { signal: abort.signal });
    abort.abort('gone');
    await expect(first).rejects.toBe('gone');
    void call('b');
    expect(inputs()).toEqual(['a']);
    clock.advance(100);
    expect(inputs()).toEqual(['a', 'b']);
  });
});

describe('a call that leaves', () => {
  it('while it waits, lets the one before it run', async () => {
    const { clock, runs, call, inputs } = openShapers(DEBOUNCE);
    const abort = new AbortController();
    const first = call('a');
    const second = call('b', { signal: abort.signal });
    abort.abort('gone');
    await expect(second).rejects.toBe('gone');
    clock.advance(100);
    expect(inputs()).toEqual(['a']);
    runs[0]?.resolve(1);
    expect(await first).toBe(1);
  });

  it('as the last one that waits, leaves nothing behind', async () => {
    const { clock, call, runs } = openShapers(DEBOUNCE);
    const abort = new AbortController();
    const only = call('a', { signal: abort.signal });
    abort.abort('gone');
    await expect(only).rejects.toBe('gone');
    expect(clock.timers).toBe(0);
    clock.advance(1000);
    expect(runs).toEqual([]);
  });

  it('does not end the run for the others; the last one does', async () => {
    const { clock, runs, call } = openShapers(DEBOUNCE);
    const [first, second] = [new AbortController(), new AbortController()];
    const calls = [call('a', { signal: first.signal }), call('b', { signal: second.signal })];
    clock.advance(100);
    second.abort('not b');
    await expect(calls[1]).rejects.toBe('not b');
    expect(runs[0]?.terms.signal.aborted).toBe(false);
    first.abort('not a');
    await expect(calls[0]).rejects.toBe('not a');
    expect(runs[0]?.terms.signal).toMatchObject({ aborted: true, reason: 'not a' });
  });

  it('before it has come is refused', () => {
    const { call, shapers } = openShapers(DEBOUNCE);
    expect(() => call('a', { signal: AbortSignal.abort('gone') })).toThrow('gone');
    expect(shapers.stats().calls).toBe(0);
  });

  it('at its deadline, while it waits and while another runs in its place', async () => {
    const { clock, runs, call } = openShapers(DEBOUNCE);
    const soon = call('a', { deadlineMs: 50 });
    const later = call('b', { deadlineMs: 150 });
    const last = call('c', { deadlineMs: 120 });
    clock.advance(50);
    await expect(soon).rejects.toThrow('too late');
    clock.advance(100);
    await expect(later).rejects.toThrow('too late');
    // The run itself keeps the deadline of the call that runs.
    runs[0]?.resolve(1);
    expect(await last).toBe(1);
    expect(clock.timers).toBe(0);
  });
});

describe('keys', () => {
  const byFirst = (input: string): string => input.charAt(0);

  it('do not replace each other', () => {
    const { clock, call, inputs } = openShapers({ debounce: { waitMs: 100, key: byFirst } });
    for (const input of ['a1', 'b1', 'a2']) void call(input);
    clock.advance(100);
    expect(inputs()).toEqual(['a2', 'b1']);
  });

  it('may be numbers', () => {
    const { clock, call, inputs } = openShapers({
      debounce: { waitMs: 100, key: (input: { id: number }) => input.id },
    });
    for (const id of [1, 2, 1]) void call({ id });
    clock.advance(100);
    expect(inputs()).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it('beyond their bound make the one that was called longest ago run early', () => {
    const { clock, call, inputs } = openShapers({ debounce: { waitMs: 100, key: byFirst } }, 2);
    for (const input of ['a1', 'b1', 'a2', 'c1']) void call(input);
    expect(inputs()).toEqual(['b1']);
    clock.advance(100);
    expect(inputs()).toEqual(['b1', 'a2', 'c1']);
  });

  it('of past calls are forgotten', () => {
    const { clock, call, inputs } = openShapers({ throttle: { everyMs: 100, key: byFirst } }, 2);
    for (const input of ['a', 'b']) void call(input);
    clock.advance(100);
    for (const input of ['c', 'd']) void call(input);
    // None of them had to make room.
    for (const input of ['c2', 'd2']) void call(input);
    expect(inputs()).toEqual(['a', 'b', 'c', 'd']);
  });

  it.each([
    [
      'a function that throws',
      () => {
        throw new Error('no id');
      },
      'threw an error: no id',
    ],
    ['NaN', () => NaN, 'must return a string or a number; received NaN (number).'],
    ['undefined', () => undefined, 'must return a string or a number; received undefined (undefined).'],
    ['a promise', () => Promise.reject(new Error('late')), 'must return a string or a number; received a promise.'],
  ])('refuse %s', (_, key, reason) => {
    const { call, shapers } = openShapers({ debounce: { waitMs: 100, key: key as never } });
    expect(() => call('a')).toThrow(
      expect.objectContaining({
        code: 'ERR_OPTION',
        details: { option: 'tasks.search.debounce.key', reason: expect.stringContaining(reason) as string },
      }),
    );
    expect(shapers.stats().calls).toBe(0);
  });
});

describe('the end', () => {
  it('by flush runs what waits, and what comes later waits again', () => {
    const { clock, call, inputs, shapers } = openShapers(DEBOUNCE);
    void call('a');
    shapers.flush();
    expect(inputs()).toEqual(['a']);
    void call('b');
    shapers.flush();
    shapers.flush();
    clock.advance(1000);
    expect(inputs()).toEqual(['a', 'b']);
    expect(clock.timers).toBe(0);
  });

  it('by close runs what waits, and each later call at once', () => {
    const { call, inputs, shapers } = openShapers(DEBOUNCE);
    void call('a');
    shapers.close();
    void call('b');
    expect(inputs()).toEqual(['a', 'b']);
  });

  it('rejects what waits, and what comes later', async () => {
    const { clock, call, runs, shapers } = openShapers(DEBOUNCE);
    const closed = new Error('closed');
    const waiting = call('a');
    shapers.end(closed);
    await expect(waiting).rejects.toBe(closed);
    expect(() => call('b')).toThrow(closed);
    clock.advance(1000);
    expect([runs, clock.timers]).toEqual([[], 0]);
  });

  it('of a run that begins with an error is that of its callers', async () => {
    const { clock, shapers } = openShapers(DEBOUNCE);
    const full = new Error('full');
    const call = shapers.call('a', {
      ...{ signal: undefined, deadlineMs: Infinity, onProgress: undefined, hold() {}, superseded() {} },
      overdue: () => new Error('too late'),
      begin: () => {
        throw full;
      },
    });
    clock.advance(100);
    await expect(call).rejects.toBe(full);
  });
});
