import { describe, expect, it, vi } from 'vitest';
import { deferred } from '../../src/base/deferred.js';
import { NO_ANSWER, StoreCalls } from '../../src/cache/store-calls.js';
import { fakeTimersInEachTest } from '../support/live-natives.js';

vi.mock('../../src/base/natives.js', async (original) =>
  (await import('../support/live-natives.js')).withLiveTime(original),
);

fakeTimersInEachTest();

function open() {
  const failures: string[] = [];
  const calls = new StoreCalls(({ code, details }) => failures.push(`${code} ${details.operation} ${details.reason}`));
  const done: string[] = [];
  /** A write that ends when the test says so. */
  const write = (name: string, text: string, bytes = 0) => {
    const end = deferred<void>();
    const begun: string[] = [];
    calls.write({
      operation: 'set',
      name,
      bytes,
      call: async () => {
        begun.push(text);
        await end.promise;
        done.push(text);
      },
      failed: () => void done.push(`${text} failed`),
    });
    return { end, begun };
  };
  return { calls, failures, done, write };
}

const LATE = 'ERR_CACHE_STORE get It has not answered within 1000 ms.';

describe('calls of a store', () => {
  it('for one record follow one another, and others do not wait', async () => {
    const { calls, done, write } = open();
    const first = write('a', 'first');
    const second = write('a', 'second');
    const other = write('b', 'other');
    expect([first.begun, second.begun, other.begun]).toEqual([['first'], [], ['other']]);
    const read = calls.read('a', () => done.join());
    other.end.resolve();
    first.end.resolve();
    second.end.resolve();
    expect(await read).toBe('other,first,second');
  });

  it('for all records come after those before, and before those after', async () => {
    const { calls, done, write } = open();
    const before = write('a', 'before');
    calls.writeAll({ operation: 'clear', name: '', bytes: 0, call: () => done.push('clear') });
    const after = write('a', 'after');
    const read = calls.read('b', () => done.join());
    for (const { end } of [before, after]) end.resolve();
    expect(await read).toBe('before,clear');
    await calls.settled();
    expect(done).toEqual(['before', 'clear', 'after']);
  });

  it('answer at once where the store does', () => {
    const { calls } = open();
    expect(calls.read('a', () => 5)).toBe(5);
  });

  it.each([
    ['throws', (): never => { throw new Error('disk full'); }], // prettier-ignore
    ['rejects', () => Promise.reject(new Error('disk full'))],
  ])('report a store that %s, once for each', async (_, fail) => {
    const { calls, failures, done } = open();
    expect(await calls.read('a', fail)).toBe(NO_ANSWER);
    calls.write({ operation: 'delete', name: 'a', bytes: 0, call: fail, failed: () => void done.push('failed') });
    await calls.settled();
    await calls.close(fail);
    expect(failures).toEqual(['get', 'delete', 'close'].map((operation) => `ERR_CACHE_STORE ${operation} disk full`));
    expect(done).toEqual(['failed']);
  });

  it('leave a late store alone for a while', async () => {
    const { calls, failures } = open();
    const hang = vi.fn(() => new Promise<never>(() => {}));
    const read = calls.read('a', hang);
    await vi.advanceTimersByTimeAsync(1000);
    expect([await read, failures]).toEqual([NO_ANSWER, [LATE]]);
    expect([calls.read('a', hang), hang.mock.calls.length]).toEqual([NO_ANSWER, 1]);
    await vi.advanceTimersByTimeAsync(9000);
    expect(calls.read('a', () => 'back')).toBe(NO_ANSWER);
    await vi.advanceTimersByTimeAsync(1000);
    expect([calls.read('a', () => 'back'), failures]).toEqual(['back', [LATE]]);
  });

  it('end with the time of the caller, which says nothing about the store', async () => {
    const { calls, failures } = open();
    const read = calls.read('a', () => new Promise<never>(() => {}), 30);
    await vi.advanceTimersByTimeAsync(30);
    expect([await read, failures, calls.read('a', () => 1)]).toEqual([NO_ANSWER, [], 1]);
  });

  it('hold no more writes and no more bytes than allowed', () => {
    const { failures, write } = open();
    for (let n = 0; n < 1001; n++) write(`n${n}`, 'x');
    expect(failures).toEqual([expect.stringMatching(/set 1000 writes wait/)]);
    const other = open();
    for (let n = 0; n < 3; n++) other.write(`n${n}`, 'x', 30 * 2 ** 20);
    expect([other.failures.length, other.done]).toEqual([1, ['x failed']]);
  });

  it('report a write that hangs, hold its place until it ends, and do not hold up the end', async () => {
    const { calls, failures, write, done } = open();
    const hung = write('a', 'hung');
    const closing = calls.settled();
    await vi.advanceTimersByTimeAsync(1000);
    await closing;
    expect([failures, done]).toEqual([['ERR_CACHE_STORE set It has not answered within 1000 ms.'], ['hung failed']]);
    hung.end.reject(new Error('and failed'));
    await calls.settled();
    expect(failures).toHaveLength(1);
  });
});
