import { describe, expect, it } from 'vitest';
import { FreePlaces } from '../../src/dispatch/places.js';
import type { Worker } from '../../src/worker/worker.js';

/** What FreePlaces looks at. */
function worker(fields: Partial<Worker> = {}): Worker {
  return { isReady: true, reserved: false, load: 0, tasksLeft: Infinity, ...fields } as Worker;
}

/** Takes a worker, gives it a task, and lists it again if it has more room. */
function use(places: FreePlaces): Worker | undefined {
  const taken = places.take();
  if (taken === undefined) return undefined;
  (taken as { load: number }).load++;
  places.add(taken);
  return taken;
}

describe('FreePlaces', () => {
  it('at one place each gives the worker that was free last: it is the warmest', () => {
    const places = new FreePlaces(() => 1);
    for (const id of [1, 2, 3]) places.add(worker({ id }));
    expect([use(places), use(places), use(places), use(places)].map((each) => each?.id)).toEqual([3, 2, 1, undefined]);
  });

  it('at several places each gives workers in turn, until all are full', () => {
    const places = new FreePlaces(() => 2);
    for (const id of [1, 2]) places.add(worker({ id }));
    const given = [use(places), use(places), use(places), use(places)];
    expect(given.map((each) => each?.id)).toEqual([1, 2, 1, 2]);
    expect(use(places)).toBeUndefined();
  });

  it('lists a worker once, however often it says that it has room', () => {
    const places = new FreePlaces(() => 1);
    const a = worker();
    places.add(a);
    places.add(a);
    expect([use(places), use(places)]).toEqual([a, undefined]);
  });

  it('gives none that has no room any more, has been set aside, is going, or has had its last task', () => {
    for (const change of [{ load: 1 }, { reserved: true }, { isReady: false }, { tasksLeft: 0 }]) {
      const places = new FreePlaces(() => 1);
      const a = worker();
      places.add(a);
      Object.assign(a, change);
      expect(places.take()).toBeUndefined();
    }
    const places = new FreePlaces(() => 1);
    places.add(worker({ isReady: false }));
    expect(places.take()).toBeUndefined();
  });

  it('counts no more places of a worker than the tasks it may still be given', () => {
    const places = new FreePlaces(() => 4);
    places.add(worker({ id: 1, tasksLeft: 1 }));
    places.add(worker({ id: 2, load: 1 }));
    expect(places.count(100)).toBe(4);
  });

  it('forgets one that is gone', () => {
    const places = new FreePlaces(() => 1);
    const [a, b] = [worker({ id: 1 }), worker({ id: 2 })];
    for (const each of [a, b]) places.add(each);
    places.remove(b);
    places.remove(b);
    expect([use(places)?.id, use(places)]).toEqual([1, undefined]);
  });
});
