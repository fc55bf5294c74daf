import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Timer } from '../../src/base/clock.js';
import { isPoolError } from '../../src/contract/errors.js';
import { InputMemory } from '../../src/task/input-memory.js';
import type { Assignment, Task } from '../../src/task/task.js';
import { TaskRegistry } from '../../src/task/task-registry.js';
import { TASK_MOVES, type TaskState } from '../../src/task/task-state.js';
import { InFlightEntry } from '../../src/worker/in-flight-entry.js';
import { FakeClock } from '../support/fake-clock.js';
import { type MadeTask, TaskMaker } from '../support/tasks.js';

function open() {
  const aborted: [Task, unknown][] = [];
  const pendingChanges: number[] = [];
  const registry = new TaskRegistry({
    memory: new InputMemory(new FakeClock()),
    onAbort: (task, reason) => aborted.push([task, reason]),
    onPendingChange: (pending) => pendingChanges.push(pending),
  });
  const maker = new TaskMaker();
  const enter = (signal?: AbortSignal): MadeTask => {
    const made = maker.make('work', undefined, { signal });
    registry.enter(made.task);
    return made;
  };
  return { registry, enter, maker, aborted, pendingChanges };
}

type Step = 'enter' | 'queued' | 'dispatched' | 'retrying' | 'complete' | 'fail' | 'cancel';

const steps = fc.array(
  fc.record({
    what: fc.constantFrom<Step>('enter', 'queued', 'dispatched', 'retrying', 'complete', 'fail', 'cancel'),
    which: fc.nat(20),
  }),
  { maxLength: 80 },
);

const placeOf = (task: Task): Assignment =>
  new InFlightEntry(task.id, { id: 1, abandon: () => {}, begunAt: () => undefined });

/** The state a step leads to. */
function target(what: Exclude<Step, 'enter'>): TaskState {
  return what === 'queued' || what === 'dispatched' || what === 'retrying' ? what : 'settled';
}

describe('any sequence of moves', () => {
  it('keeps submitted = queued + dispatched + completed + failed + cancelled, and settles each task once', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const { registry, enter, pendingChanges } = open();
        const tasks: MadeTask[] = [];
        let retried = 0;
        /** Timers that are set and have not been called off. */
        const timers = new Set<Timer>();
        const timer = (): Timer => {
          const made: Timer = { cancel: () => void timers.delete(made) };
          timers.add(made);
          return made;
        };
        const apply = (task: Task, what: Exclude<Step, 'enter'>): void => {
          if (what === 'complete') registry.complete(task, 'done');
          else if (what === 'fail') registry.fail(task, 'failed');
          else if (what === 'cancel') registry.cancel(task, 'cancelled');
          else if (what === 'dispatched') registry.handOver(task, placeOf(task));
          else if (what === 'retrying') registry.retryLater(task, timer());
          else registry.requeue(task);
        };
        for (const { what, which } of sequence) {
          if (what === 'enter') {
            tasks.push(enter());
          } else {
            const made = tasks[which % Math.max(1, tasks.length)];
            if (made === undefined) continue;
            const from = made.task.state;
            if (TASK_MOVES[from].includes(target(what))) {
              if (from === 'queued' && which % 2 === 0) {
                registry.limitWait(made.task, timer());
              }
              apply(made.task, what);
              expect(made.task.state).toBe(target(what));
              if (what === 'retrying') retried++;
            } else {
              const { owned } = made.task;
              const before = new Set(timers);
              expect(() => apply(made.task, what)).toThrow(/may not move from/);
              expect(made.task.owned).toBe(owned);
              for (const each of timers) if (!before.has(each)) timers.delete(each);
              expect(made.task.state).toBe(from);
            }
          }
          const { submitted, queued, dispatched, completed, failed, cancelled } = registry.counts;
          expect(queued + dispatched + completed + failed + cancelled).toBe(submitted);
          const inState = (...states: TaskState[]): number =>
            tasks.filter(({ task }) => states.includes(task.state)).length;
          expect({ submitted, queued, dispatched }).toEqual({
            submitted: tasks.length,
            queued: inState('queued', 'retrying'),
            dispatched: inState('dispatched'),
          });
          expect(registry.counts.retried).toBe(retried);
          expect(registry.pending).toBe(inState('queued', 'dispatched', 'retrying'));
          // What a state owned is let go with it, so that no timer outlives the wait it was for.
          expect(timers.size).toBe(
            tasks.filter(({ task }) => task.state !== 'dispatched' && task.owned !== undefined).length,
          );
          for (const { task } of tasks) expect(task.assignment === undefined).toBe(task.state !== 'dispatched');
          for (const { task, outcomes } of tasks) expect(outcomes).toHaveLength(task.state === 'settled' ? 1 : 0);
        }
        // Changes come whenever the number of pending tasks leaves 0 or comes back to it, in turn.
        expect(pendingChanges).toEqual(pendingChanges.map((_, at) => (at % 2 === 0 ? 1 : 0)));
        expect(pendingChanges.at(-1) ?? 0).toBe(registry.pending === 0 ? 0 : 1);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a task in the registry', () => {
  it('settles with what it is given, counted by its end and its name', () => {
    const { registry, enter, maker } = open();
    const [done, failed, cancelled] = [enter(), enter(), enter()];
    registry.complete(done.task, 5);
    registry.fail(failed.task, 'broken');
    registry.cancel(cancelled.task, 'unwanted');
    expect([done, failed, cancelled].map(({ outcomes }) => outcomes)).toEqual([
      [{ value: 5 }],
      [{ error: 'broken' }],
      [{ error: 'unwanted' }],
    ]);
    expect(registry.counts).toMatchObject({ completed: 1, failed: 1, cancelled: 1 });
    expect(maker.type('work')).toMatchObject({ completed: 1, failed: 1 });
  });

  it('refuses an illegal move as a bug, naming the task and both states', () => {
    const { registry, enter } = open();
    const { task, outcomes } = enter();
    registry.complete(task, 1);
    let thrown: unknown;
    try {
      registry.complete(task, 2);
    } catch (error) {
      thrown = error;
    }
    expect(isPoolError(thrown, 'ERR_STATE')).toBe(true);
    expect(thrown).toMatchObject({ details: { what: 'task 1 "work"', from: 'settled', to: 'settled' } });
    expect(outcomes).toEqual([{ value: 1 }]);
  });

  it('is reported when its signal aborts, until it settles', () => {
    const { registry, enter, aborted } = open();
    const controller = new AbortController();
    const [settled, waiting] = [enter(controller.signal), enter(controller.signal)];
    registry.complete(settled.task, 1);
    controller.abort('stop');
    expect(aborted).toEqual([[waiting.task, 'stop']]);
  });

  it('has its timer called off when it settles', () => {
    const { registry, enter } = open();
    const { task } = enter();
    let cancelled = 0;
    registry.limitWait(task, { cancel: () => cancelled++ });
    registry.fail(task, 'x');
    expect(cancelled).toBe(1);
  });

  it('adds its crashes and timeouts to the counts without moving', () => {
    const { registry, enter } = open();
    const { task } = enter();
    registry.noteCrash();
    registry.noteTimeout(task);
    expect(registry.counts).toMatchObject({ crashed: 1, timedOut: 1, submitted: 1, queued: 1 });
  });
});
