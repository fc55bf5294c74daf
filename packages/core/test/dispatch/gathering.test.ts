import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BatchOptions } from '../../src/contract/batch-options.js';
import { resolveBatch } from '../../src/contract/resolve-batch.js';
import { Gathering } from '../../src/dispatch/gathering.js';
import { BatchCall } from '../../src/task/batch-call.js';
import type { BatchTask } from '../../src/task/batch-task.js';
import type { Task } from '../../src/task/task.js';
import type { TaskExtras } from '../../src/task/task-terms.js';
import { TypeBatches } from '../../src/task/type-batches.js';
import { FakeClock } from '../support/fake-clock.js';
import { optionsOf, TaskMaker } from '../support/tasks.js';

/** A gathering, and its queue. */
function open(options: BatchOptions = {}) {
  const clock = new FakeClock();
  const maker = new TaskMaker(optionsOf(), () => clock.now());
  const type = maker.type('work');
  type.batches = new TypeBatches(resolveBatch(options));
  const queue: BatchTask[] = [];
  const calls = { due: 0 };
  const gathering = new Gathering({
    isClosing: false,
    clock,
    queue: (batch) => void queue.push(batch),
    queueFirst: (batch) => void queue.unshift(batch),
    unqueue: (batch) => void queue.splice(queue.indexOf(batch), 1),
    costChanged: () => {},
    due: () => void calls.due++,
  });
  const add = (extras?: TaskExtras, input?: unknown): Task => {
    const { task } = maker.make('work', input, extras);
    gathering.add(task);
    return task;
  };
  const keyed = (key: string): Task => add({ batch: { key, input: undefined } });
  /** Ids of the tasks in each batch of the queue. */
  const waiting = (): number[][] => queue.map((batch) => [...batch.members].map(({ id }) => id));
  /** The next batch goes to a worker. */
  const take = (most = Infinity): number[] => {
    const batch = queue.shift() as BatchTask;
    return gathering.take(batch, most).map(({ id }) => id);
  };
  return { clock, gathering, add, keyed, queue, waiting, take, calls, maker, type };
}

describe('a batch', () => {
  it('is due at once when no item may wait, and takes more until a worker takes it', () => {
    const { add, waiting, take, queue } = open();
    for (let n = 0; n < 3; n++) add();
    expect([waiting(), queue[0]?.why]).toEqual([[[1, 2, 3]], 'time']);
    expect(take()).toEqual([1, 2, 3]);
    add();
    expect(waiting()).toEqual([[4]]);
  });

  it('is not prefetched while it takes items', () => {
    const { add, queue } = open({ maxSize: 2 });
    add();
    const [batch] = queue;
    expect(batch?.isOneShot).toBe(true);
    add();
    expect(batch?.isOneShot).toBe(false);
  });

  it('takes at most maxSize items, and leaves early with size', () => {
    const { add, waiting, queue, clock } = open({ maxSize: 3, size: 2, maxWaitMs: 100 });
    add();
    expect(waiting()).toEqual([]);
    for (let n = 0; n < 4; n++) add();
    expect([waiting(), queue.map(({ why }) => why)]).toEqual([
      [
        [1, 2, 3],
        [4, 5],
      ],
      ['size', 'size'],
    ]);
    expect(clock.timers).toBe(0);
  });

  it('is due after maxWaitMs, counted from its first item', () => {
    const { add, waiting, clock, calls } = open({ maxWaitMs: 100 });
    add();
    clock.advance(60);
    add();
    clock.advance(39);
    expect([waiting(), calls.due]).toEqual([[], 0]);
    clock.advance(1);
    expect([waiting(), calls.due, clock.timers]).toEqual([[[1, 2]], 1, 0]);
  });

  it('leaves before an item that would go beyond maxBytes', () => {
    const { add, waiting, queue } = open({ maxBytes: 1000, maxWaitMs: Infinity });
    for (const length of [400, 400, 400, 2000, 1]) add(undefined, 'x'.repeat(length));
    expect([waiting(), queue.map(({ why }) => why)]).toEqual([
      [[1, 2], [3], [4]],
      ['bytes', 'bytes', 'bytes'],
    ]);
  });

  it('counts items of one key once, and takes those of a known key beyond its bytes', () => {
    const { keyed, waiting } = open({ maxSize: 3, maxWaitMs: Infinity });
    for (const key of ['a', 'b', 'a', 'a', 'b', 'c', 'a']) keyed(key);
    expect(waiting()).toEqual([[1, 2, 3, 4, 5, 6]]);
  });

  it('has at most 1000 tasks, whatever their keys', () => {
    const { keyed, waiting } = open({ maxWaitMs: Infinity });
    for (let n = 0; n < 1001; n++) keyed('one');
    expect(waiting().map((each) => each.length)).toEqual([1000]);
  });

  it('holds tasks of one priority and one key only', () => {
    const { add, waiting, gathering, maker } = open({ maxWaitMs: Infinity });
    const { settings } = maker.type('work');
    add();
    add({ key: 'home' });
    add({ settings: { ...settings, priority: 5 } });
    add();
    add({ key: 'home' });
    gathering.flush(undefined, 'flush');
    expect(waiting()).toEqual([[1, 4], [2, 5], [3]]);
  });

  it('goes when its last item is dropped, whether it gathers or is due', () => {
    for (const maxWaitMs of [100, 0]) {
      const { add, gathering, waiting, clock } = open({ maxWaitMs });
      const tasks = [add(), add()];
      for (const task of tasks) expect(gathering.remove(task)).toBe(true);
      expect([waiting(), gathering.size, clock.timers]).toEqual([[], 0, 0]);
      expect(gathering.remove(tasks[0] as Task)).toBe(false);
    }
  });

  it('goes in part when a worker takes only some of it', () => {
    const { add, take, waiting } = open({ maxSize: 4 });
    for (let n = 0; n < 4; n++) add();
    expect([take(3), waiting()]).toEqual([[1, 2, 3], [[4]]]);
    add();
    // What is left takes no more, since it was full.
    expect(waiting()).toEqual([[4], [5]]);
  });

  it('waits for others no more once the pool closes', () => {
    const { add, gathering, waiting } = open({ maxWaitMs: Infinity });
    add();
    gathering.flush(undefined, 'close');
    add();
    expect(waiting()).toEqual([[1, 2]]);
  });
});

describe('items that come back', () => {
  it('make one batch again in their order, at the head of the queue, and wait for nothing', () => {
    const { add, gathering, take, waiting } = open({ maxSize: 3, maxWaitMs: Infinity });
    const tasks = [add(), add(), add()];
    take();
    add();
    for (const task of tasks.toReversed()) gathering.putBack(task);
    expect(waiting()).toEqual([[1, 2, 3]]);
  });

  it('make two where they are more than one batch takes', () => {
    const { add, gathering, take, waiting } = open({ maxSize: 2, maxWaitMs: Infinity });
    const tasks = [add(), add(), add(), add()];
    take();
    take();
    for (const task of tasks.toReversed()) gathering.putBack(task);
    expect(waiting()).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('from a failed call make two halves', () => {
    const { add, gathering, take, waiting } = open({ maxSize: 5, maxWaitMs: Infinity });
    const tasks = Array.from({ length: 5 }, () => add());
    take();
    const call = new BatchCall(5, 5);
    const firsts = tasks.map((task, row) => gathering.split(task, call, row));
    expect(firsts).toEqual([true, false, false, false, false]);
    expect(waiting().toSorted()).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
  });

  it('from a failed half go after its other half', () => {
    const { add, gathering, queue, take, waiting } = open({ maxSize: 4, maxWaitMs: Infinity });
    const tasks = Array.from({ length: 4 }, () => add());
    const splitNext = (): void => {
      const [batch] = queue as [BatchTask];
      const taken = take().map((id) => tasks[id - 1] as Task);
      const call = new BatchCall(taken.length, taken.length, batch);
      for (const [row, task] of taken.entries()) gathering.split(task, call, row);
    };
    splitNext();
    splitNext();
    expect([waiting().length, gathering.gathering, gathering.size]).toEqual([1, 2, 4]);
    take();
    expect([waiting().map(({ length }) => length), gathering.gathering]).toEqual([[1, 1], 0]);
  });

  it('from a failed half do not wait for another half that all its tasks have left', () => {
    const { add, gathering, queue, take, waiting } = open({ maxSize: 2, maxWaitMs: Infinity });
    const [one, other] = [add(), add()];
    const [batch] = queue as [BatchTask];
    take();
    const call = new BatchCall(2, 2, batch);
    for (const [row, task] of [one, other].entries()) gathering.split(task, call, row);
    const [half] = queue as [BatchTask];
    const [task] = take();
    gathering.split([one, other].find(({ id }) => id === task) as Task, new BatchCall(1, 1, half), 0);
    expect(waiting()).toHaveLength(1);
    gathering.remove([one, other].find(({ id }) => id !== task) as Task);
    expect(waiting()).toEqual([[task]]);
  });
});

describe('whatever happens', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('add' as const), key: fc.constantFrom(undefined, 'a', 'b'), bytes: fc.nat(600) }),
    fc.record({ do: fc.constant('drop' as const), which: fc.nat(50) }),
    fc.record({ do: fc.constant('take' as const), most: fc.integer({ min: 1, max: 6 }) }),
    fc.record({ do: fc.constant('return' as const), which: fc.nat(50) }),
    fc.record({ do: fc.constant('flush' as const) }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.nat(20) }),
  );
  const rules = fc.record({
    maxSize: fc.integer({ min: 1, max: 5 }),
    maxWaitMs: fc.constantFrom(0, 10, Infinity),
    maxBytes: fc.constantFrom(500, 10_000),
  });

  it('each task waits in one batch, goes once, and no timer is left', () => {
    fc.assert(
      fc.property(rules, fc.array(step, { maxLength: 60 }), (options, steps) => {
        const { gathering, clock, queue, maker, type } = open(options);
        expect(type.batches?.rules.maxSize).toBe(options.maxSize);
        const waits = new Set<Task>();
        const out = new Set<Task>();
        for (const each of steps) {
          if (each.do === 'add') {
            const extras = each.key === undefined ? undefined : { batch: { key: each.key, input: undefined } };
            const { task } = maker.make('work', 'x'.repeat(each.bytes), extras);
            gathering.add(task);
            waits.add(task);
          } else if (each.do === 'drop') {
            const task = [...waits][each.which];
            if (task !== undefined && waits.delete(task)) expect(gathering.remove(task)).toBe(true);
          } else if (each.do === 'take') {
            const batch = queue.shift();
            if (batch === undefined) continue;
            const inputs = batch.inputs;
            const tasks = gathering.take(batch, each.most);
            expect(inputs).toBeLessThanOrEqual(options.maxSize);
            expect(tasks.length).toBeGreaterThan(0);
            for (const task of tasks) {
              expect(waits.delete(task)).toBe(true);
              out.add(task);
            }
          } else if (each.do === 'return') {
            const task = [...out][each.which];
            if (task === undefined) continue;
            out.delete(task);
            gathering.putBack(task);
            waits.add(task);
          } else if (each.do === 'flush') {
            gathering.flush('work', 'flush');
          } else {
            clock.advance(each.ms);
          }
          expect(new Set(gathering.all())).toEqual(waits);
          const queued = queue.flatMap((batch) => [...batch.members]);
          expect(new Set(queued).size).toBe(queued.length);
          expect(gathering.gathering).toBe(waits.size - queued.length);
          for (const batch of queue) expect([batch.members.size > 0, batch.stage === 'gone']).toEqual([true, false]);
        }
        gathering.flush(undefined, 'close');
        while (queue.length > 0) for (const task of gathering.take(queue.shift() as BatchTask, 3)) waits.delete(task);
        expect([waits.size, gathering.size, clock.timers]).toEqual([0, 0, 0]);
      }),
      { numRuns: 500 },
    );
  });
});
