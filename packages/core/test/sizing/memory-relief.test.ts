import { describe, expect, it } from 'vitest';
import {
  chooseToKill,
  chooseToRelieve,
  isHeapNearlyFull,
  type KillableTask,
  type KillableWorker,
  type RelievedWorker,
} from '../../src/sizing/memory-relief.js';

const MIB = 1024 * 1024;

/** A worker that has grown by this number of MiB with this number of tasks. */
function worker(grownMib: number, tasksDone = 100, isReady = true): RelievedWorker {
  const metrics = {
    keptBytes: (60 + grownMib) * MIB,
    warmKeptBytes: 60 * MIB,
    heapUsedBytes: 0,
    keptHeapBytes: 0,
    warmKeptHeapBytes: 0,
    heapLimitBytes: 0,
  };
  return { isReady, tasksDone, metrics };
}

describe('the worker that is replaced when memory is short', () => {
  it('has grown most since it was warm', () => {
    const [small, large] = [worker(50), worker(200)];
    expect(chooseToRelieve([small, large, worker(150)], 'high')).toBe(large);
  });

  it('is none, where a new one would be no smaller', () => {
    expect(chooseToRelieve([worker(0), worker(31)], 'critical')).toBeUndefined();
    expect(chooseToRelieve([], 'critical')).toBeUndefined();
  });

  it('is none that has taken all of it with its first tasks, before memory is critical', () => {
    const fresh = worker(300, 3);
    expect(chooseToRelieve([fresh], 'high')).toBeUndefined();
    expect(chooseToRelieve([fresh], 'critical')).toBe(fresh);
    expect(chooseToRelieve([fresh], 'emergency')).toBe(fresh);
    // It came up so large.
    expect(chooseToRelieve([worker(300, 0)], 'emergency')).toBeUndefined();
  });

  it('takes tasks now', () => {
    expect(chooseToRelieve([worker(300, 100, false)], 'high')).toBeUndefined();
  });
});

describe('a heap', () => {
  const full = (usedMib: number, limitMib: number, warmMib = 5, youngMib = 0): boolean => {
    const heap = {
      heapUsedBytes: usedMib * MIB,
      keptHeapBytes: (usedMib - youngMib) * MIB,
      warmKeptHeapBytes: warmMib * MIB,
      heapLimitBytes: limitMib * MIB,
    };
    return isHeapNearlyFull({ ...worker(0), metrics: { ...worker(0).metrics, ...heap } });
  };

  it('is nearly full from four fifths of its limit on, while there is still room for a collection', () => {
    expect([full(300, 1000), full(799, 1000), full(801, 1000), full(999, 1000)]).toEqual([false, false, true, true]);
  });

  it('that was so full from the start is not: a new one would be, too', () => {
    expect([full(15, 16, 13), full(15, 16, 11)]).toEqual([false, true]);
  });

  it('full of what tasks have just made is not; with a fifth of it kept it is', () => {
    expect([full(110, 128, 5, 90), full(110, 128, 5, 70)]).toEqual([false, true]);
  });

  it('whose limit is not known is not', () => {
    expect(full(5000, 0)).toBe(false);
  });
});

describe('the worker that is killed when memory runs out', () => {
  interface HeldTask extends KillableTask {
    readonly hasBegun: boolean;
  }
  const task = (fields: Partial<HeldTask> = {}): HeldTask => ({
    ...{ canMove: true, mayRunTwice: false, hasBegun: true },
    ...fields,
  });
  /** Ready workers with these tasks, the oldest first. */
  const workersWith = (...tasks: HeldTask[][]): KillableWorker<HeldTask>[] =>
    tasks.map((held, startedAt) => ({
      isReady: true,
      startedAt,
      tasks: () => held,
      begunAt: ({ hasBegun }) => (hasBegun ? 1 : undefined),
    }));
  /** Its place in the list. */
  const chosen = (workers: KillableWorker<HeldTask>[]): number | undefined =>
    chooseToKill<HeldTask, KillableWorker<HeldTask>>(workers)?.startedAt;

  it('is the youngest whose tasks can all run again', () => {
    expect(chosen(workersWith([], [task({ hasBegun: false })], [task()]))).toBe(1);
    expect(chosen(workersWith([], [task({ mayRunTwice: true })], [task({ mayRunTwice: true }), task()]))).toBe(1);
    expect(chosen(workersWith([], [task({ canMove: false, hasBegun: false })]))).toBe(0);
  });

  it('has a task that cannot be sent again only if every other has one', () => {
    const broadcast = task({ canMove: false });
    expect(chosen(workersWith([task()], [task()], [broadcast]))).toBe(1);
    expect(chosen(workersWith([broadcast], [broadcast, task()]))).toBe(1);
  });

  it('is never the last that is ready', () => {
    const [older, younger] = workersWith([], []) as [KillableWorker<HeldTask>, KillableWorker<HeldTask>];
    expect(chosen([older])).toBeUndefined();
    expect(chosen([older, { ...younger, isReady: false }])).toBeUndefined();
    expect(chosen([])).toBeUndefined();
  });
});
