import { describe, expect, it } from 'vitest';
import type { Timer } from '../../src/base/clock.js';
import { Backlog } from '../../src/dispatch/backlog.js';
import { Passes } from '../../src/dispatch/passes.js';
import { InputMemory } from '../../src/task/input-memory.js';
import { TaskRegistry } from '../../src/task/task-registry.js';
import { FakeClock } from '../support/fake-clock.js';
import { codes, optionsOf, TaskMaker } from '../support/tasks.js';

/** A clock whose timers cannot be set further ahead than this, as those of Node. */
class ShortClock extends FakeClock {
  override after(delayMs: number, callback: () => void): Timer {
    return super.after(Math.min(delayMs, 1000), callback);
  }
}

function open(options: Parameters<typeof optionsOf>[0]) {
  const clock = new ShortClock(0);
  const registry = new TaskRegistry({
    memory: new InputMemory(new FakeClock()),
    onAbort: () => {},
    onPendingChange: () => {},
  });
  const passes = new Passes({ registry, workers: [], run: () => {} });
  const backlog = new Backlog({ pool: {}, clock, registry, passes });
  const tasks = new TaskMaker(optionsOf(options), () => clock.now());
  return { clock, registry, backlog, tasks };
}

describe('the limit of a wait', () => {
  it('that is longer than any timer is kept to the end, and no longer', () => {
    const { clock, registry, backlog, tasks } = open({ queue: { timeoutMs: 10_500 } });
    const made = tasks.make();
    registry.enter(made.task);
    backlog.add(made.task);
    clock.advance(10_499);
    expect(codes([made])).toEqual([[]]);
    clock.advance(1);
    expect(codes([made])).toEqual([['ERR_QUEUE_TIMEOUT']]);
    expect([clock.timers, backlog.size]).toEqual([0, 0]);
  });

  it('may be made longer while the task waits, or taken away', () => {
    const { clock, registry, backlog, tasks } = open({ queue: { timeoutMs: 500 } });
    const [longer, endless] = [tasks.make('a', 1, {}), tasks.make('b', 1, {})];
    for (const { task } of [longer, endless]) {
      registry.enter(task);
      backlog.add(task);
    }
    longer.task.extras.settings = { ...longer.task.settings, queueTimeoutMs: 700 };
    endless.task.extras.settings = { ...endless.task.settings, queueTimeoutMs: Infinity };
    clock.advance(699);
    expect(codes([longer, endless])).toEqual([[], []]);
    clock.advance(5000);
    expect(codes([longer, endless])).toEqual([['ERR_QUEUE_TIMEOUT'], []]);
  });
});
