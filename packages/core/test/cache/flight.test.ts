import { describe, expect, it } from 'vitest';
import { deferred } from '../../src/base/deferred.js';
import type { CachedCall } from '../../src/cache/flight.js';
import { Flight, type FlightParts } from '../../src/cache/flight.js';
import { type HeldExecution, NO_RETRY, openCache } from '../support/cached-calls.js';
import { FakeClock } from '../support/fake-clock.js';

const CALL: CachedCall = {
  limits: { timeoutMs: Infinity, queueUntilMs: Infinity, deadlineMs: Infinity },
  retry: NO_RETRY,
  signal: undefined,
  onProgress: undefined,
  movesInput: false,
  refresh: false,
  ttlMs: undefined,
  tags: undefined,
};

describe('an execution that calls share', () => {
  it.each(['completed', 'failed'] as const)(
    'leaves none of them waiting when the cache fails after it %s',
    async (end) => {
      const fault = new RangeError('a fault of the cache');
      const broken = (): never => {
        throw fault;
      };
      const parts: FlightParts = { abandoned() {}, completed: broken, failed: broken, over: broken };
      const execution = deferred<{ value: unknown; costMs: number }>();
      const sight = { isQueued: false, startedAtMs: 0, workerId: 1, queued: 0 };
      const start = () => ({ result: execution.promise, look: () => sight, loosen() {} });
      const flight = new Flight('t', CALL, new FakeClock(0), start, parts);
      const ends = Promise.allSettled([flight.join(CALL), flight.join(CALL)]);
      if (end === 'completed') execution.resolve({ value: 1, costMs: 1 });
      else execution.reject(new Error('down'));
      expect(await ends).toEqual([1, 2].map(() => ({ status: 'rejected', reason: fault })));
    },
  );

  it('gives a call that comes late the whole of its own time', async () => {
    const { call, clock, executions } = openCache();
    void call({});
    const execution = executions[0] as HeldExecution;
    Object.assign(execution, { isQueued: false, startedAtMs: 0 });
    clock.advance(150);
    let hasEnded = false;
    const late = call({ timeoutMs: 100 }).finally(() => (hasEnded = true));
    const refused = expect(late).rejects.toMatchObject({
      code: 'ERR_TASK_TIMEOUT',
      details: { limitMs: 100, ranMs: 101 },
    });
    clock.advance(99);
    await Promise.resolve();
    expect(hasEnded).toBe(false);
    clock.advance(2);
    await refused;
    expect(execution.signal.aborted).toBe(false);
  });

  it('is not shared with a call whose tries would wait otherwise', () => {
    const { call, executions } = openCache();
    const retry = { ...NO_RETRY, attempts: 2, maxRetryAfterMs: 100 };
    void call({ retry });
    void call({ retry: { ...retry, maxRetryAfterMs: 200 } });
    void call({ retry: { ...retry, budget: 0.5 } });
    void call({ retry: { ...retry } });
    expect(executions).toHaveLength(3);
  });

  it('passes progress on once to each, also when that makes an equal call', () => {
    const { call, executions } = openCache();
    let heard = 0;
    const onProgress = (): void => {
      heard++;
      if (heard < 50) void call({ onProgress });
    };
    void call({ onProgress });
    executions[0]?.shared.onProgress(1);
    expect(heard).toBe(1);
    executions[0]?.shared.onProgress(2);
    expect([heard, executions.length]).toEqual([3, 1]);
  });

  it('is left by a call whose signal the task’s own key has aborted', async () => {
    const controller = new AbortController();
    const { call, executions, finish, get } = openCache({
      all: {
        key: (input) => {
          if (input === 'aborts') controller.abort('by key');
          return 'same';
        },
      },
    });
    const other = get('t', 'stays');
    await expect(call({ signal: controller.signal }, 'aborts')).rejects.toBe('by key');
    expect([executions.length, executions[0]?.signal.aborted]).toEqual([1, false]);
    finish(0, 'x');
    expect(await other).toBe('x');
  });

  it('is cancelled where that was its only call', async () => {
    const controller = new AbortController();
    const { call, executions } = openCache({ all: { key: () => (controller.abort('by key'), 'k') } });
    await expect(call({ signal: controller.signal })).rejects.toBe('by key');
    expect(executions.map(({ signal }) => signal.aborted)).toEqual([true]);
  });
});

describe('a cache whose pool has ended', () => {
  it('begins no execution for a call whose key has ended it', async () => {
    const opened = openCache({ all: { key: () => (opened.cache.end(new Error('destroyed')), 'k') } });
    await expect(opened.get('t', 1)).rejects.toThrow('destroyed');
    expect(opened.executions).toHaveLength(0);
  });

  it('begins none for a result after its time', async () => {
    const { cache, computed, get, clock, executions } = openCache({ all: { ttlMs: 10, staleWhileRevalidateMs: 100 } });
    await computed('t', 1, 'old');
    clock.advance(20);
    cache.refuse(new Error('closed'));
    expect([await get('t', 1), executions.length, cache.stats().refreshes]).toEqual(['old', 1, 0]);
  });
});
