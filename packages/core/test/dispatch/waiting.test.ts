import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WaitingTasks } from '../../src/dispatch/waiting.js';
import { Wakes } from '../../src/dispatch/wakes.js';
import type { Task } from '../../src/task/task.js';
import { FakeClock } from '../support/fake-clock.js';
import { optionsOf, TaskMaker } from '../support/tasks.js';

/** A line, and tasks for it. Time stands where the test puts it. */
function open() {
  let now = 0;
  const maker = new TaskMaker(optionsOf(), () => now);
  const line = new WaitingTasks(new Wakes(new FakeClock(), () => {}));
  const make = (name = 'work', priority = 0): Task => {
    const settings = { ...optionsOf().taskDefaults, priority };
    return maker.make(name, undefined, { settings }).task;
  };
  const push = (name?: string, priority?: number): Task => {
    const task = make(name, priority);
    line.push(task);
    return task;
  };
  const take = (): Task => {
    const task = line.first as Task;
    line.take(task);
    return task;
  };
  const takes = (name: string, ms: number): void => maker.type(name).record(0, ms, ms);
  const at = (ms: number): void => void (now = ms);
  return { line, make, push, take, takes, at };
}

function repeat(count: number, body: () => void): void {
  for (let time = 0; time < count; time++) body();
}

describe('waiting tasks of one name', () => {
  it('leave in the order they came; one that was handed out in vain comes first again', () => {
    const { line, push, take } = open();
    const [a, b, c] = [push(), push(), push()];
    expect(take()).toBe(a);
    line.unshift(a);
    expect([take(), take(), take()]).toEqual([a, b, c]);
    expect([line.size, line.first]).toEqual([0, undefined]);
  });
});

describe('priority', () => {
  it('goes before all that is lower, however many wait', () => {
    const { push, take } = open();
    const low = push('work', -1);
    const normal = push();
    const high = push('work', 5);
    expect([take(), take(), take()]).toEqual([high, normal, low]);
  });

  it('gives way to a task that has waited a second longer for each step between them', () => {
    const { push, take, at } = open();
    const old = push('work', 0);
    at(2999);
    const younger = push('work', 3);
    expect(take()).toBe(younger);
    at(3001);
    push('work', 3);
    expect(take()).toBe(old);
  });
});

describe('names that wait together', () => {
  it('share by execution time, so that a flood of one does not shut out the other', () => {
    const { push, take, takes } = open();
    takes('long', 10);
    takes('short', 1);
    repeat(50, () => push('long'));
    repeat(50, () => push('short'));
    const names = Array.from({ length: 44 }, () => take().name);
    const short = names.filter((name) => name === 'short').length;
    // Each had 40 ms of the workers.
    expect([short, names.length - short]).toEqual([40, 4]);
  });

  it('are not owed for the time in which nothing of theirs waited', () => {
    const { push, take, takes } = open();
    takes('first', 1);
    takes('late', 1);
    repeat(100, () => push('first'));
    repeat(60, take);
    repeat(10, () => push('late'));
    const names = Array.from({ length: 20 }, () => take().name);
    expect(names.filter((name) => name === 'late')).toHaveLength(10);
    expect(names.slice(0, 10).filter((name) => name === 'late').length).toBeLessThanOrEqual(6);
  });

  it('do not pay for a task that came back', () => {
    const { line, push, take, takes, at } = open();
    takes('a', 10);
    takes('b', 10);
    push('a');
    at(1);
    push('b');
    const first = take();
    line.unshift(first);
    expect(take()).toBe(first);
  });
});

describe('any sequence of calls', () => {
  it('gives every task once, keeps the order within name and priority, and knows how many wait', () => {
    const step = fc.record({
      what: fc.constantFrom('push', 'push', 'take', 'remove', 'unshift'),
      name: fc.constantFrom('a', 'b', 'c'),
      priority: fc.constantFrom(0, 0, 1, -5),
      which: fc.nat(50),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { line, push, take, at } = open();
        const waiting: Task[] = [];
        const handedOut: Task[] = [];
        for (const [index, { what, name, priority, which }] of steps.entries()) {
          at(index * 700);
          if (what === 'push') waiting.push(push(name, priority));
          else if (what === 'take' && waiting.length > 0) {
            const task = take();
            const earlier = waiting.filter((each) => each.type === task.type && each.priority === task.priority);
            expect(earlier[0]).toBe(task);
            waiting.splice(waiting.indexOf(task), 1);
            handedOut.push(task);
          } else if (what === 'remove' && waiting.length > 0) {
            const [task] = waiting.splice(which % waiting.length, 1);
            line.remove(task as Task);
          } else if (what === 'unshift' && handedOut.length > 0) {
            const task = handedOut.pop() as Task;
            line.unshift(task);
            waiting.unshift(task);
          }
          expect(line.size).toBe(waiting.length);
          expect(new Set(line)).toEqual(new Set(waiting));
        }
      }),
    );
  });
});
