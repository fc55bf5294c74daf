import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TaskOptions } from '../../src/contract/task-options.js';
import { WaitingTasks } from '../../src/dispatch/waiting.js';
import { Wakes } from '../../src/dispatch/wakes.js';
import type { TaskGrant } from '../../src/limits/task-grant.js';
import type { Task } from '../../src/task/task.js';
import { FakeClock } from '../support/fake-clock.js';
import { optionsOf, TaskMaker } from '../support/tasks.js';

/** Waiting tasks of a name with these limits, beside others without. */
function open(work: TaskOptions<never>) {
  const clock = new FakeClock(0);
  const maker = new TaskMaker(optionsOf({ tasks: { work: work as TaskOptions<unknown> } }), () => clock.now());
  let woken = 0;
  const wakes = new Wakes(clock, () => woken++);
  const line = new WaitingTasks(wakes);
  const grants = new Map<Task, TaskGrant>();
  const push = (input: unknown = 0, name = 'work', priority = 0): Task => {
    const { limits } = maker.type(name);
    const settings = { ...maker.type(name).settings, priority };
    const { task } = maker.make(name, input, { settings, ticket: limits?.ticketFor(input) });
    line.push(task);
    return task;
  };
  /** Hands out what may go, as a pass does. */
  const takeAll = (most = Infinity): Task[] => {
    const taken: Task[] = [];
    for (let task = line.first; task !== undefined && taken.length < most; task = line.first) {
      line.take(task);
      const { limits } = task.type;
      if (limits !== undefined && task.extras.ticket) grants.set(task, limits.take(task.extras.ticket, clock.now()));
      taken.push(task);
    }
    return taken;
  };
  const end = (task: Task): void => grants.get(task)?.ended(clock.now());
  return { clock, maker, line, push, takeAll, end, grants, wakes, woken: () => woken };
}

const TEN_A_SECOND = { rateLimit: { calls: 10, perMs: 1000 } };

describe('tasks of a name with a rate limit', () => {
  it('go as far as the limit allows, and then one by one, by one timer', () => {
    const { clock, line, push, takeAll, woken } = open(TEN_A_SECOND);
    for (let task = 0; task < 13; task++) push();
    expect(takeAll()).toHaveLength(10);
    expect([line.size, line.total, line.blocked, line.mayBegin, clock.timers]).toEqual([0, 3, 3, 0, 1]);
    clock.advance(99);
    expect([takeAll().length, woken()]).toEqual([0, 0]);
    for (let task = 0; task < 3; task++) {
      clock.advance(task === 0 ? 1 : 100);
      expect(takeAll()).toHaveLength(1);
    }
    expect([line.total, clock.timers]).toEqual([0, 0]);
  });

  it('do not hold back those of other names, which alone are prefetched', () => {
    const { line, push, takeAll } = open(TEN_A_SECOND);
    for (let task = 0; task < 20; task++) push();
    takeAll();
    const [a, b] = [push(0, 'other'), push(0, 'other')];
    expect([line.first, line.firstAhead, line.size, line.prefetchable]).toEqual([a, a, 2, 2]);
    expect(takeAll()).toEqual([a, b]);
    expect(line.firstAhead).toBeUndefined();
  });

  it('may begin as far as there are tokens, and count no further as work', () => {
    const { line, push, takeAll } = open(TEN_A_SECOND);
    for (let task = 0; task < 1000; task++) push();
    expect([line.mayBegin, line.blocked]).toEqual([10, 990]);
    takeAll(4);
    expect([line.mayBegin, line.blocked]).toEqual([6, 990]);
  });

  it('let no small call pass a costly one, which would wait for ever', () => {
    const { clock, push, takeAll } = open({
      rateLimit: { unit: 'tokens', max: 10, perMs: 1000, cost: (input: number) => input },
    });
    const [first, large, small] = [push(8), push(9), push(1)];
    expect(takeAll()).toEqual([first]);
    clock.advance(699);
    expect(takeAll()).toEqual([]);
    clock.advance(1);
    expect(takeAll()).toEqual([large]);
    clock.advance(100);
    expect(takeAll()).toEqual([small]);
  });

  it('let no small call of a lower priority pass a costly one that goes before it', () => {
    const cost = (input: unknown): number => input as number;
    const { clock, push, takeAll, line } = open({ rateLimit: { unit: 'tokens', max: 100, perMs: 1000, cost } });
    push(100);
    expect(takeAll()).toHaveLength(1);
    const costly = push(80, 'work', 5);
    const small = Array.from({ length: 10 }, () => push(10));
    for (let tenths = 1; tenths < 8; tenths++) {
      clock.advance(100);
      expect(takeAll()).toEqual([]);
    }
    clock.advance(100);
    expect(takeAll()).toEqual([costly]);
    clock.advance(200);
    expect(takeAll()).toEqual(small.slice(0, 2));
    const gone = push(80, 'work', 5);
    clock.advance(100);
    expect(takeAll()).toEqual([]);
    line.remove(gone);
    expect(takeAll()).toEqual(small.slice(2, 3));
  });

  it('do pass one of higher priority that waits for the limit of another key', () => {
    const key = (input: unknown): string => String(input);
    const { clock, push, takeAll } = open({ concurrency: 9, rateLimit: { calls: 1, perMs: 1000, key } });
    push('a', 'work', 5);
    push('a', 'work', 5);
    expect(takeAll()).toHaveLength(1);
    push('b');
    expect(takeAll()).toHaveLength(1);
    clock.advance(1000);
    expect(takeAll()).toHaveLength(1);
  });

  it('go at once when the costly task before them is cancelled', () => {
    const { clock, line, push, takeAll, woken } = open({
      rateLimit: { unit: 'tokens', max: 10, perMs: 1000, cost: (input: number) => input },
    });
    push(8);
    const [large, small] = [push(9), push(1)];
    takeAll();
    line.remove(large);
    expect(woken()).toBe(1);
    expect(takeAll()).toEqual([small]);
    expect(clock.timers).toBe(0);
  });

  it('come first again when one was handed out in vain, whose token is back', () => {
    const { line, push, takeAll, grants } = open({ rateLimit: { calls: 1, perMs: 1000 } });
    const [first] = [push(), push()];
    takeAll();
    grants.get(first)?.giveBack();
    line.unshift(first);
    expect(takeAll()).toEqual([first]);
  });

  it('know how long the limit has held each of them back', () => {
    const { clock, push, takeAll } = open({ rateLimit: { calls: 1, perMs: 100 } });
    push();
    takeAll();
    const [early, late] = [push(), push()];
    takeAll();
    clock.advance(100);
    takeAll();
    clock.advance(100);
    // No worker has a place for some time.
    clock.advance(40);
    takeAll();
    expect([early, late].map(({ extras }) => Math.round(extras.ticket?.limitWaitMs ?? NaN))).toEqual([100, 200]);
  });
});

describe('names that wait together', () => {
  it('are not owed for the time in which their limits blocked them', () => {
    const { clock, push, takeAll, maker } = open({ rateLimit: { calls: 30, perMs: 1000 } });
    for (const name of ['work', 'other']) maker.type(name).record(0, 1, 1);
    for (let task = 0; task < 60; task++) push();
    takeAll();
    for (let task = 0; task < 200; task++) push(0, 'other');
    takeAll(150);
    clock.advance(1000);
    const names = takeAll(20).map(({ name }) => name);
    expect(names.filter((name) => name === 'work').length).toBeLessThanOrEqual(11);
    expect(names.filter((name) => name === 'work').length).toBeGreaterThanOrEqual(9);
  });
});

describe('tasks of a name with concurrency', () => {
  it('go as far as there are places, and need no timer', () => {
    const { clock, line, push, takeAll, end, woken } = open({ concurrency: 2 });
    for (let task = 0; task < 5; task++) push();
    const [a, b] = takeAll() as [Task, Task];
    expect([line.total, line.size, line.mayBegin, clock.timers]).toEqual([3, 0, 0, 0]);
    end(a);
    expect(woken()).toBe(1);
    expect(takeAll()).toHaveLength(1);
    end(b);
    expect(takeAll()).toHaveLength(1);
  });
});

describe('keys', () => {
  const BY_KEY = { concurrencyByKey: { key: (input: string) => input, max: 1 } };

  it('take turns, so that a flood of one does not shut out another', () => {
    const { push, takeAll } = open({ rateLimit: { calls: 1000, perMs: 1000, key: (input: string) => input } });
    for (let task = 0; task < 6; task++) push('flood');
    for (const key of ['a', 'b', 'a']) push(key);
    const keys = takeAll().map(({ extras }) => extras.ticket?.line);
    expect(keys).toEqual(['flood', 'a', 'b', 'flood', 'a', 'flood', 'flood', 'flood', 'flood']);
  });

  it('run at once as far as each may, and wait alone', () => {
    const { line, push, takeAll, end } = open(BY_KEY);
    const [a1, , b1] = [push('a'), push('a'), push('b'), push('b')];
    expect(takeAll()).toEqual([a1, b1]);
    expect(line.size).toBe(0);
    end(a1);
    expect(takeAll().map(({ extras }) => extras.ticket?.line)).toEqual(['a']);
  });

  it('wait for their own limits of time, which one timer ends', () => {
    const { clock, push, takeAll } = open({ rateLimit: { calls: 1, perMs: 1000, key: (input: string) => input } });
    push('a');
    takeAll();
    clock.advance(300);
    push('b');
    takeAll();
    const [a, b] = [push('a'), push('b')];
    expect([takeAll().length, clock.timers]).toEqual([0, 1]);
    clock.advance(700);
    expect([takeAll(), clock.timers]).toEqual([[a], 1]);
    clock.advance(300);
    expect([takeAll(), clock.timers]).toEqual([[b], 0]);
  });

  it('in their thousands leave nothing behind when their tasks are cancelled', () => {
    const { clock, line, push, takeAll } = open({
      rateLimit: { calls: 1, perMs: 1000, key: (input: string) => input },
    });
    for (let key = 0; key < 2000; key++) push(`${key}`);
    takeAll();
    const waiting = Array.from({ length: 2000 }, (_, key) => push(`${key}`));
    takeAll();
    expect([line.total, clock.timers]).toEqual([2000, 1]);
    for (const task of waiting) line.remove(task);
    expect([line.total, clock.timers]).toEqual([0, 0]);
  });
});

describe('any sequence of calls', () => {
  it('keeps every limit, loses no task, and leaves none behind that may go', () => {
    const step = fc.record({
      what: fc.constantFrom('push', 'push', 'take', 'end', 'back', 'remove', 'wait'),
      key: fc.constantFrom('a', 'b', 'c'),
      cost: fc.integer({ min: 0, max: 7 }),
      name: fc.constantFrom('work', 'work', 'other'),
      priority: fc.constantFrom(0, 0, 0, 1, 5),
      which: fc.nat(50),
      ms: fc.nat(400),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const { clock, line, push, takeAll, grants, end } = open({
          rateLimit: [
            { unit: 'tokens', max: 5, perMs: 500, cost: ({ cost }: { cost: number }) => cost },
            { calls: 3, perMs: 300, window: 'strict', key: ({ key }: { key: string }) => key },
          ],
          concurrency: 4,
          concurrencyByKey: { key: ({ key }: { key: string }) => key, max: 2 },
        });
        const waiting = new Set<Task>();
        const running: Task[] = [];
        const limited = (): Task[] => running.filter(({ name }) => name === 'work');
        for (const { what, key, cost, name, priority, which, ms } of steps) {
          if (what === 'push') waiting.add(push({ key, cost }, name, priority));
          else if (what === 'wait') clock.advance(ms);
          else if (what === 'remove' && waiting.size > 0) {
            const task = [...waiting][which % waiting.size] as Task;
            line.remove(task);
            waiting.delete(task);
          } else if (running.length > 0 && (what === 'end' || what === 'back')) {
            const [task] = running.splice(which % running.length, 1) as [Task];
            if (what === 'end') {
              end(task);
            } else {
              grants.get(task)?.giveBack();
              line.unshift(task);
              waiting.add(task);
            }
          }
          if (what === 'take') {
            for (const task of takeAll()) {
              expect(waiting.delete(task)).toBe(true);
              running.push(task);
            }
            expect(line.size).toBe(0);
          }
          expect(limited().length).toBeLessThanOrEqual(4);
          expect(line.total).toBe(waiting.size);
          expect(new Set(line)).toEqual(waiting);
          expect(clock.timers).toBeLessThanOrEqual(1);
        }
        // Everything goes in the end.
        for (let round = 0; round < 500 && waiting.size + running.length > 0; round++) {
          for (const task of running.splice(0)) end(task);
          for (const task of takeAll()) {
            waiting.delete(task);
            running.push(task);
          }
          clock.advance(100);
        }
        expect([waiting.size, running.length, line.total]).toEqual([0, 0, 0]);
      }),
    );
  });
});
