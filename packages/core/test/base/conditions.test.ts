import { describe, expect, it } from 'vitest';
import { Conditions } from '../../src/base/conditions.js';

/** The promise, with a look at whether it has settled. */
function watched(promise: Promise<void>): { promise: Promise<void>; settled: () => boolean } {
  let isSettled = false;
  const note = (): void => void (isSettled = true);
  promise.then(note, note);
  return { promise, settled: () => isSettled };
}

/** Lets every promise callback run that is due. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('Conditions', () => {
  it('resolves at once for a condition that holds', async () => {
    await new Conditions().until(() => true);
  });

  it('waits until a check finds the condition true', async () => {
    const conditions = new Conditions();
    let holds = false;
    const wait = watched(conditions.until(() => holds));
    conditions.check();
    await turn();
    expect(wait.settled()).toBe(false);
    holds = true;
    await turn();
    expect(wait.settled()).toBe(false);
    conditions.check();
    await wait.promise;
  });

  it('looks at every condition by itself', async () => {
    const conditions = new Conditions();
    let reached = 0;
    const low = watched(conditions.until(() => reached >= 1));
    const high = watched(conditions.until(() => reached >= 2));
    reached = 1;
    conditions.check();
    await low.promise;
    expect(high.settled()).toBe(false);
    reached = 2;
    conditions.check();
    await high.promise;
  });

  it('asks a condition no more once it held', async () => {
    const conditions = new Conditions();
    let asked = 0;
    await conditions.until(() => ++asked > 0);
    conditions.check();
    expect(asked).toBe(1);
  });

  it('asks each condition once for each caller that begins to wait, however many wait already', () => {
    const conditions = new Conditions();
    let asked = 0;
    for (let caller = 0; caller < 1000; caller++) {
      void conditions.until(() => {
        asked++;
        return false;
      });
    }
    expect(asked).toBe(1000);
  });

  it('asks a condition that many callers share once for all of them, and then resolves for each', async () => {
    const conditions = new Conditions();
    let asked = 0;
    let holds = false;
    const condition = (): boolean => {
      asked++;
      return holds;
    };
    const waits = Array.from({ length: 1000 }, () => conditions.until(condition));
    asked = 0;
    conditions.check();
    expect(asked).toBe(1);
    holds = true;
    conditions.check();
    await Promise.all(waits);
    expect(asked).toBe(2);
  });

  it('rejects with what a condition throws, and goes on with the others', async () => {
    const conditions = new Conditions();
    const failure = new Error('the pool is closed');
    let isClosed = false;
    const failing = conditions.until(() => {
      if (isClosed) throw failure;
      return false;
    });
    const other = conditions.until(() => isClosed);
    isClosed = true;
    conditions.check();
    await expect(failing).rejects.toBe(failure);
    await other;
  });
});
