import { describe, expect, it } from 'vitest';
import type { Timer } from '../../src/base/clock.js';
import type { Outcomes } from '../../src/dispatch/outcomes.js';
import { TimeLimits } from '../../src/dispatch/time-limits.js';
import { TaskBook } from '../../src/task/task-book.js';
import { FakeClock } from '../support/fake-clock.js';
import { begun, openEngine, turn, type Staff } from '../support/scripted-engine.js';
import { codes, optionsOf, TaskMaker } from '../support/tasks.js';

/** A clock whose timers cannot be set further ahead than this, as those of Node. */
class ShortClock extends FakeClock {
  override after(delayMs: number, callback: () => void): Timer {
    return super.after(Math.min(delayMs, 1000), callback);
  }
}

function open(options: Parameters<typeof optionsOf>[0]) {
  const clock = new ShortClock(0);
  const book = new TaskBook({ onAbort: () => {}, onPendingChange: () => {} });
  const limits = new TimeLimits({
    pool: {},
    clock,
    book,
    outcomes: undefined as unknown as Outcomes,
    timeoutStack: false,
    queued: () => 1,
    takeBack: () => {},
    hasNews: () => {},
  });
  const tasks = new TaskMaker(optionsOf(options), () => clock.now());
  return { clock, book, limits, tasks };
}

describe('the limit of a wait', () => {
  it('that is longer than any timer is kept to the end, and no longer', () => {
    const { clock, book, limits, tasks } = open({ queue: { timeoutMs: 10_500 } });
    const made = tasks.make();
    book.enter(made.task);
    limits.limitWait(made.task);
    clock.advance(10_499);
    expect(codes([made])).toEqual([[]]);
    clock.advance(1);
    expect(codes([made])).toEqual([['ERR_QUEUE_TIMEOUT']]);
    expect(clock.timers).toBe(0);
  });

  it('may be made longer while the task waits, or taken away', () => {
    const { clock, book, limits, tasks } = open({ queue: { timeoutMs: 500 } });
    const [longer, endless] = [tasks.make('a', 1, {}), tasks.make('b', 1, {})];
    for (const { task } of [longer, endless]) {
      book.enter(task);
      limits.limitWait(task);
    }
    longer.task.extras.settings = { ...longer.task.settings, queueTimeoutMs: 700 };
    endless.task.extras.settings = { ...endless.task.settings, queueTimeoutMs: Infinity };
    clock.advance(699);
    expect(codes([longer, endless])).toEqual([[], []]);
    clock.advance(5000);
    expect(codes([longer, endless])).toEqual([['ERR_QUEUE_TIMEOUT'], []]);
  });
});

describe('a task whose time is up while its stack is asked for', () => {
  it.each(['ends by itself', 'does not end'])('has the one outcome: it %s', async (what) => {
    const engine = openEngine({ timeoutStack: true, timeoutMs: 100, graceMs: 1e6 });
    const [only] = (await engine.staffUp(1)) as [Staff];
    const made = engine.submit();
    await turn();
    const [sent] = begun(only);
    // Its stack comes in a later turn of the microtasks; the result in this one.
    engine.clock.advance(100);
    expect(made.outcomes).toEqual([]);
    if (what === 'ends by itself') only.transport.reply({ wireId: sent?.wireId ?? 0, value: 'in time' });
    await turn();
    expect(made.outcomes).toMatchObject([
      what === 'ends by itself' ? { value: 'in time' } : { error: { code: 'ERR_TASK_TIMEOUT' } },
    ]);
    expect(engine.book.counts.timedOut).toBe(what === 'ends by itself' ? 0 : 1);
  });
});
