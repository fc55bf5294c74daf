import { describe, expect, it } from 'vitest';
import { Candidate } from '../../src/dispatch/candidate.js';
import { FreeCapacity } from '../../src/dispatch/capacity.js';
import type { Worker } from '../../src/worker/worker.js';

/** A candidate whose worker has what FreeCapacity looks at. */
function candidate(fields: Partial<Worker> = {}): Candidate {
  return new Candidate({
    isReady: true,
    calls: 0,
    tasksLeft: Infinity,
    assigned: { isFull: false },
    ...fields,
  } as Worker);
}

/** Takes a worker, gives it a task, and lists it again if it has more room. */
function use(capacity: FreeCapacity): Candidate | undefined {
  const taken = capacity.take();
  if (taken === undefined) return undefined;
  (taken.worker as { calls: number }).calls++;
  capacity.add(taken);
  return taken;
}

describe('FreeCapacity', () => {
  it('at one place each gives the worker that was free last: it is the warmest', () => {
    const capacity = new FreeCapacity(() => 1);
    for (const id of [1, 2, 3]) capacity.add(candidate({ id }));
    expect([use(capacity), use(capacity), use(capacity), use(capacity)].map((each) => each?.worker.id)).toEqual([
      3,
      2,
      1,
      undefined,
    ]);
  });

  it('at several places each gives workers in turn, until all are full', () => {
    const capacity = new FreeCapacity(() => 2);
    for (const id of [1, 2]) capacity.add(candidate({ id }));
    const given = [use(capacity), use(capacity), use(capacity), use(capacity)];
    expect(given.map((each) => each?.worker.id)).toEqual([1, 2, 1, 2]);
    expect(use(capacity)).toBeUndefined();
  });

  it('lists a worker once, however often it says that it has room', () => {
    const capacity = new FreeCapacity(() => 1);
    const a = candidate();
    capacity.add(a);
    capacity.add(a);
    expect([use(capacity), use(capacity)]).toEqual([a, undefined]);
  });

  it('gives none that has no room any more, has been set aside, is going, or has had its last task', () => {
    for (const change of [{ calls: 1 }, { isReady: false }, { tasksLeft: 0 }]) {
      const capacity = new FreeCapacity(() => 1);
      const a = candidate();
      capacity.add(a);
      Object.assign(a.worker, change);
      expect(capacity.take()).toBeUndefined();
    }
    for (const change of [{ isReserved: true }, { isWithheld: true }]) {
      const capacity = new FreeCapacity(() => 1);
      const a = candidate();
      capacity.add(a);
      Object.assign(a, change);
      expect(capacity.take()).toBeUndefined();
    }
    const capacity = new FreeCapacity(() => 1);
    capacity.add(candidate({ isReady: false }));
    expect(capacity.take()).toBeUndefined();
  });

  it('counts no more places of a worker than the tasks it may still be given', () => {
    const capacity = new FreeCapacity(() => 4);
    capacity.add(candidate({ id: 1, tasksLeft: 1 }));
    capacity.add(candidate({ id: 2, calls: 1 }));
    expect(capacity.count(100)).toBe(4);
  });

  it('forgets one that is gone', () => {
    const capacity = new FreeCapacity(() => 1);
    const [a, b] = [candidate({ id: 1 }), candidate({ id: 2 })];
    for (const each of [a, b]) capacity.add(each);
    capacity.remove(b);
    capacity.remove(b);
    expect([use(capacity)?.worker.id, use(capacity)]).toEqual([1, undefined]);
  });
});
