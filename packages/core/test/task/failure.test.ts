import { describe, expect, it } from 'vitest';
import { decideFailure } from '../../src/task/failure.js';

const RETRY = { attempts: 2, on: undefined, baseMs: 100, maxMs: 300 };
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
});
