import { describe, expect, it } from 'vitest';
import { isTiny, taskCostMs, tasksBeforeNext } from '../../src/dispatch/frame-filling.js';
import { begun, openEngine, type Staff, turn } from '../support/scripted-engine.js';

describe('tasksBeforeNext', () => {
  it.each([
    // cost of a task in ms, workers awake, cores, tasks in flight, tasks before the next worker
    [0.0005, 0, 8, 1000, 200],
    [0.001, 1, 8, 1000, 100],
    [0.005, 7, 8, 1000, 20],
    [0.001, 2, 2, 1000, 500],
    [0.001, 5, 2, 1000, 500],
    [0.001, 2, 2, 10, 100],
    [0.001, 2, 1.5, 1000, 500],
  ])('with tasks of %d ms, %d awake, %d cores and %d in flight is %d', (costMs, awake, cores, inFlight, tasks) => {
    expect(tasksBeforeNext(costMs, awake, cores, inFlight)).toBe(tasks);
  });
});

describe('a task', () => {
  it('is tiny when its handler and its values cost less than a frame', () => {
    const areTiny = (awake: number) => [0, 0.001, 0.009, 0.01, 0.049, 0.05, 1].map((ms) => isTiny(ms, awake, 2));
    expect(areTiny(1)).toEqual([true, true, true, false, false, false, false]);
    expect(areTiny(2)).toEqual([true, true, true, true, true, false, false]);
    expect([120, 1000, 16_384].map((bytes) => isTiny(taskCostMs(0.001, bytes), 1, 2))).toEqual([true, true, false]);
  });
});

describe('tiny tasks', () => {
  /** Three workers on two cores, and numbers of tasks that newly arrived at each, most first. */
  async function open(ms: number, options = {}) {
    const engine = openEngine({ workers: 3, ...options });
    engine.expectMs(ms);
    const staff = (await engine.staffUp(3)) as [Staff, Staff, Staff];
    const arrived = (): number[] => staff.map(({ transport }) => transport.takeTasks().length).sort((a, b) => b - a);
    const submit = async (count: number): Promise<void> => {
      for (let task = 0; task < count; task++) engine.submit();
      await turn();
    };
    return { ...engine, staff, arrived, submitSome: submit };
  }

  it.each([
    [1, [1, 0, 0]],
    [40, [40, 0, 0]],
    [150, [100, 50, 0]],
    [1000, [500, 500, 0]],
  ])('of a turn, %d in number, go to %j workers', async (count, expected) => {
    const { arrived, submitSome } = await open(0.001);
    await submitSome(count);
    expect(arrived()).toEqual(expected);
  });

  it('join a worker that goes on', async () => {
    const { arrived, submitSome, clock } = await open(0.001);
    await submitSome(2);
    clock.advance(2);
    await submitSome(2);
    expect(arrived()).toEqual([4, 0, 0]);
  });

  it('join the fullest of those that go on, up to a share for each core, so that the others come to rest', async () => {
    const { arrived, submitSome, clock } = await open(0.001);
    await submitSome(150);
    expect(arrived()).toEqual([100, 50, 0]);
    clock.advance(2);
    // With 170 in flight, a worker has 100 before the next is woken: the one that has 50 takes them.
    await submitSome(20);
    expect(arrived()).toEqual([20, 0, 0]);
    await submitSome(300);
    expect(arrived().filter((count) => count > 0)).toHaveLength(2);
  });

  it('do not join a worker that may stand still in a long one', async () => {
    const { staff, submitSome, clock } = await open(0.001);
    await submitSome(2);
    expect(staff.map((each) => begun(each).length).toSorted()).toEqual([0, 0, 2]);
    clock.advance(3.1);
    await submitSome(1);
    expect(staff.map(({ worker }) => worker.inFlight).toSorted()).toEqual([0, 1, 2]);
  });

  it('do not wait behind one that came alone', async () => {
    const { arrived, submitSome, clock } = await open(0.001);
    // A worker that has just become ready goes on, too.
    clock.advance(4);
    await submitSome(1);
    await submitSome(1);
    expect(arrived()).toEqual([1, 1, 0]);
  });

  it('are spread as `prefetch` says, if it says a number', async () => {
    const { arrived, submitSome } = await open(0.001, { prefetch: 10 });
    await submitSome(30);
    expect(arrived()).toEqual([10, 10, 10]);
  });

  it('that cost more than a frame of the parent are shared by the cores only', async () => {
    const { arrived, submitSome } = await open(0.03);
    await submitSome(30);
    expect(arrived()).toEqual([15, 15, 0]);
  });

  it.each([
    ['long', 0.05],
    ['waiting', 100],
  ])('and %s ones differ: those are spread over all workers', async (_, ms) => {
    const { arrived, submitSome } = await open(ms);
    await submitSome(3);
    expect(arrived()).toEqual([1, 1, 1]);
  });

  it('whose results are large are spread over all workers', async () => {
    const { arrived, submitSome, type } = await open(0.001);
    for (let task = 0; task < 50; task++) type('work').recordResult(16_384);
    await submitSome(3);
    expect(arrived()).toEqual([1, 1, 1]);
  });

  it('of a name that has not run yet are spread over all workers', async () => {
    const engine = openEngine({ workers: 3 });
    const staff = await engine.staffUp(3);
    for (let task = 0; task < 3; task++) engine.submit();
    await turn();
    expect(staff.map(({ transport }) => transport.takeTasks().length)).toEqual([1, 1, 1]);
  });
});
