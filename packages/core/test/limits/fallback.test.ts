import { describe, expect, it } from 'vitest';
import { deferred } from '../../src/base/deferred.js';
import { PoolError } from '../../src/contract/errors.js';
import { Fallbacks } from '../../src/limits/fallback.js';
import { FakeClock } from '../support/fake-clock.js';
import { turn } from '../support/wrapped.js';

const DETAILS = { task: 'get', key: undefined, state: 'open', retryAfterMs: 1000 } as const;
const REFUSAL = new PoolError('ERR_CIRCUIT_OPEN', DETAILS);
const GONE = new Error('the pool has gone');

/** Calls that a breaker refuses when a test says so, and fallbacks that a test ends by hand. */
function open() {
  const clock = new FakeClock(0);
  const fallbacks = new Fallbacks(clock);
  const asked: { input: unknown; resolve(value: unknown): void }[] = [];
  const fallback = (_: unknown, input: unknown): Promise<unknown> => {
    const { promise, resolve } = deferred<unknown>();
    asked.push({ input, resolve });
    return promise;
  };
  const call = (input: unknown, answer: Promise<unknown> = Promise.reject(REFUSAL), deadlineMs?: number) => {
    const deadline = deadlineMs === undefined ? undefined : { hostMs: deadlineMs, epochMs: 1e12 + deadlineMs };
    const ended: unknown[] = [];
    fallbacks
      .answer({ task: 'get', input, fallback, terms: { deadline } }, () => answer)
      .then(
        (value) => ended.push(value),
        (error: unknown) => ended.push(error),
      );
    return ended;
  };
  const whenOver = (): string[] => {
    const noted: string[] = [];
    void fallbacks.whenOver().then(() => noted.push('over'));
    return noted;
  };
  return { clock, fallbacks, asked, call, whenOver };
}

describe('calls with a fallback', () => {
  it('end with the pool, each one that waits and each later one', async () => {
    const { fallbacks, asked, call } = open();
    const early = deferred<unknown>();
    const [waits, later] = [call('waits'), call('later', early.promise)];
    await turn();
    fallbacks.end(GONE);
    early.reject(REFUSAL);
    await turn();
    expect([waits, later]).toEqual([[GONE], [GONE]]);
    expect(asked.map(({ input }) => input)).toEqual(['waits']);
  });

  it('end at their deadlines, and leave no timer', async () => {
    const { clock, asked, call } = open();
    const [quick, slow] = [call('quick', undefined, 100), call('slow', undefined, 100)];
    await turn();
    asked[0]?.resolve('instead');
    await turn();
    expect([quick, clock.timers]).toEqual([['instead'], 1]);
    clock.advance(99);
    await turn();
    expect(slow).toEqual([]);
    clock.advance(1);
    await turn();
    const details = { task: 'get', ranMs: 100, limitMs: 100, by: 'deadline' };
    expect(slow).toMatchObject([{ code: 'ERR_TASK_TIMEOUT', details, cause: REFUSAL }]);
    expect(clock.timers).toBe(0);
  });

  it('ask for nothing after their deadlines', async () => {
    const { clock, asked, call } = open();
    const refused = deferred<unknown>();
    const late = call('late', refused.promise, 50);
    clock.advance(60);
    refused.reject(REFUSAL);
    await turn();
    const details = { task: 'get', waitedMs: 60, limitMs: 50, deadline: 1e12 + 50 };
    expect(late).toMatchObject([{ code: 'ERR_QUEUE_TIMEOUT', details, cause: REFUSAL }]);
    expect(asked).toEqual([]);
  });

  it('are over when none waits for its answer or its fallback', async () => {
    const { asked, call, whenOver } = open();
    expect(whenOver()).toEqual([]);
    const answer = deferred<unknown>();
    call('answered', answer.promise);
    call('refused');
    const over = whenOver();
    await turn();
    answer.resolve(1);
    await turn();
    expect(over).toEqual([]);
    asked[0]?.resolve('instead');
    await turn();
    expect(over).toEqual(['over']);
  });
});
