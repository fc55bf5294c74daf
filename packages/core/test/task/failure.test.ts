import { describe, expect, it } from 'vitest';
import { decideFailure } from '../../src/task/failure.js';

const RETRY = { attempts: 2, on: undefined, baseMs: 100, maxMs: 300, maxRetryAfterMs: 5000, budget: undefined };
const ERROR = new Error('broken');

describe('decideFailure', () => {
  it('tries again as often as attempts says, and then rejects with the error', () => {
    expect(decideFailure(RETRY, 1, ERROR, 1)).toEqual({ action: 'retry', delayMs: 100 });
    expect(decideFailure(RETRY, 2, ERROR, 1)).toEqual({ action: 'retry', delayMs: 200 });
    expect(decideFailure(RETRY, 3, ERROR, 1)).toEqual({ action: 'reject', error: ERROR });
    expect(decideFailure({ ...RETRY, attempts: 0 }, 1, ERROR, 1)).toEqual({ action: 'reject', error: ERROR });
  });

  it('waits a random time within the bounds', () => {
    const endless = { ...RETRY, attempts: 9 };
    expect(decideFailure(endless, 2, ERROR, 0.5)).toEqual({ action: 'retry', delayMs: 100 });
    expect(decideFailure(endless, 9, ERROR, 1)).toEqual({ action: 'retry', delayMs: 300 });
    expect(decideFailure(endless, 9, ERROR, 0)).toEqual({ action: 'retry', delayMs: 0 });
  });

  it('asks retry.on about the error, and only while there is a try left', () => {
    const asked: unknown[] = [];
    const on = (error: unknown): boolean => {
      asked.push(error);
      return error === ERROR;
    };
    expect(decideFailure({ ...RETRY, on }, 1, ERROR, 1).action).toBe('retry');
    expect(decideFailure({ ...RETRY, on }, 1, 'other', 1)).toEqual({ action: 'reject', error: 'other' });
    decideFailure({ ...RETRY, on }, 3, ERROR, 1);
    expect(asked).toEqual([ERROR, 'other']);
  });

  it('rejects with both errors when retry.on throws', () => {
    const fault = new Error('in retry.on');
    const on = (): boolean => {
      throw fault;
    };
    const decision = decideFailure({ ...RETRY, on }, 1, ERROR, 1);
    expect(decision.action).toBe('reject');
    const { error } = decision as unknown as { error: AggregateError };
    expect(error).toBeInstanceOf(AggregateError);
    expect(error.errors).toEqual([ERROR, fault]);
  });

  it('waits for as long as the error asks for', () => {
    const asking = (retryAfterMs: unknown): Error => Object.assign(new Error('429'), { retryAfterMs });
    const delayOf = (retryAfterMs: unknown, random = 1): unknown =>
      (decideFailure(RETRY, 1, asking(retryAfterMs), random) as { delayMs?: number }).delayMs;
    expect([delayOf(2000), delayOf(50), delayOf(50, 0), delayOf(5000)]).toEqual([2000, 100, 50, 5000]);
    // In the past, or no length of time.
    for (const odd of [-5, NaN, '2000', null, undefined, new Date()]) expect(delayOf(odd)).toBe(100);
    // In a year.
    for (const far of [5001, 31_536_000_000, Infinity]) expect(delayOf(far)).toBeUndefined();
    expect(decideFailure(RETRY, 1, { retryAfterMs: 700 }, 0)).toEqual({ action: 'retry', delayMs: 700 });
  });

  it('ends the tries when the next would begin after the deadline', () => {
    const within = (leftMs: number, random = 1) =>
      decideFailure(RETRY, 1, ERROR, random, { leftMs, refusedMs: 0, budget: undefined });
    expect(within(101)).toEqual({ action: 'retry', delayMs: 100 });
    expect(within(100)).toEqual({ action: 'reject', error: ERROR });
    expect(within(-5, 0)).toEqual({ action: 'reject', error: ERROR });
  });

  it('asks the budget last, and only for a try that would follow', () => {
    let left = 1;
    const budget = { takeOut: () => left-- > 0 };
    const decide = (attempt: number, leftMs = Infinity) =>
      decideFailure(RETRY, attempt, ERROR, 1, { leftMs, refusedMs: 0, budget });
    expect([decide(3).action, decide(1, 50).action, left]).toEqual(['reject', 'reject', 1]);
    expect([decide(1), decide(1)]).toEqual([
      { action: 'retry', delayMs: 100 },
      { action: 'reject', error: ERROR, by: 'budget' },
    ]);
  });

  it('ends the tries when a circuit breaker would refuse the next one, and takes nothing from the budget then', () => {
    let taken = 0;
    const budget = { takeOut: () => ++taken > 0 };
    const decide = (refusedMs: number) => decideFailure(RETRY, 1, ERROR, 1, { leftMs: Infinity, refusedMs, budget });
    expect([decide(101), decide(Infinity), taken]).toEqual([
      { action: 'reject', error: ERROR, by: 'breaker' },
      { action: 'reject', error: ERROR, by: 'breaker' },
      0,
    ]);
    expect([decide(100), taken]).toEqual([{ action: 'retry', delayMs: 100 }, 1]);
  });

  it('takes no promise of retry.on for an answer', () => {
    const on = (() => Promise.reject(new Error('late'))) as unknown as () => boolean;
    const decision = decideFailure({ ...RETRY, on }, 1, ERROR, 1) as unknown as {
      action: string;
      error: AggregateError;
    };
    expect(decision.action).toBe('reject');
    expect(decision.error.errors).toMatchObject([ERROR, { code: 'ERR_OPTION' }]);
  });
});
