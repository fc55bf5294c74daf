import { describe, expect, it } from 'vitest';
import { adviceFor, Balance } from '../../src/task/balance.js';

/** A balance after this number of tasks, each of which took the thread and its handler this long. */
function balanceAfter(tasks: number, handedMs: number, ranMs: number, balance = new Balance()): Balance {
  for (let task = 0; task < tasks; task++) {
    balance.sent(handedMs);
    balance.ran(ranMs);
  }
  return balance;
}

describe('the balance of a pool', () => {
  it('is undefined before there are enough tasks to know', () => {
    expect(balanceAfter(2047, 0.01, 0.001).stats(1, undefined)).toBe(undefined);
    expect(balanceAfter(2048, 0.01, 0.001).stats(1, undefined)).toMatchObject({ advice: expect.any(String) as string });
  });

  it('has both sides as averages of a task, and no advice while handlers take longer', () => {
    const balance = balanceAfter(4000, 0.01, 0.5).stats(1, 'computing');
    expect(balance?.handOverMs).toBeCloseTo(0.01, 10);
    expect(balance?.handlerMs).toBeCloseTo(0.5, 10);
    expect(balance?.advice).toBe(undefined);
  });

  it('counts a timed call for all that were not', () => {
    const balance = new Balance();
    let timed = 0;
    for (let id = 1; id <= 3400; id++) {
      if (balance.isTimed(id)) {
        balance.called(0.02);
        timed++;
      }
      balance.ran(1);
    }
    expect(timed).toBe(200);
    expect(balance.stats(1, undefined)?.handOverMs).toBeCloseTo(0.02, 10);
  });

  it('forgets what has been long ago', () => {
    const balance = balanceAfter(100_000, 0.001, 1);
    balanceAfter(60_000, 0.1, 0.01, balance);
    const { handOverMs, handlerMs } = balance.stats(1, undefined) ?? { handOverMs: 0, handlerMs: 0 };
    expect(handOverMs).toBeGreaterThan(0.09);
    expect(handlerMs).toBeLessThan(0.03);
  });

  it('takes only the time off this thread in which a handler had its loop', () => {
    expect(balanceAfter(3000, 0.01, 50).stats(0.0001, 'waiting')).toMatchObject({
      advice: expect.stringContaining('plain async calls') as string,
    });
  });
});

describe('the advice', () => {
  it('is a sentence with both figures', () => {
    expect(adviceFor(0.0123, 0.0009, 'computing')).toBe(
      "A task takes this thread 12 µs to hand over, and a handler 0.9 µs of its worker's thread: " +
        'put several inputs into one task, or call the function directly.',
    );
  });

  it('is none where handing over is as cheap as the handler', () => {
    expect(adviceFor(0.01, 0.01, undefined)).toBe(undefined);
  });
});
