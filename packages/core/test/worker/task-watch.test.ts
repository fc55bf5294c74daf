import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cargo, Ghost } from '../../src/worker/in-hand.js';
import { TaskWatch } from '../../src/worker/task-watch.js';
import { FakeClock } from '../support/fake-clock.js';

const GRACE_MS = 500;

type Timed = Pick<Cargo, 'timeoutMs' | 'deadlineMs' | 'wireId'>;

/** A watch over tasks that are only what it looks at. */
function open(graceMs = GRACE_MS) {
  const clock = new FakeClock(0);
  const inHand = new Set<Cargo | Ghost>();
  const started = new Map<number, number>();
  const timedOut: { wireId: number; atMs: number; ranMs: number | undefined; by: string }[] = [];
  const overdueAt: number[] = [];
  let lastId = 0;
  const watch = new TaskWatch<Cargo>({
    clock,
    inHand: () => [...inHand],
    startedAt: ({ wireId }) => started.get(wireId),
    graceMs,
    timedOut(task, ranMs, by) {
      timedOut.push({ wireId: task.wireId, atMs: clock.now(), ranMs, by });
      inHand.delete(task);
    },
    overdue: () => overdueAt.push(clock.now()),
  });
  const give = (limits: Partial<Timed> = {}): Cargo => {
    const task = { timeoutMs: Infinity, deadlineMs: Infinity, wireId: ++lastId, ...limits } as Cargo;
    inHand.add(task);
    watch.expect(task);
    return task;
  };
  const begin = (task: { wireId: number }): void => void started.set(task.wireId, clock.now());
  /** Nobody waits for this task any more. */
  const abandon = (task: Cargo): Ghost => {
    const ghost: Ghost = { ghost: true, id: task.wireId, name: 'work', expectedMs: 0, wireId: task.wireId, sentAt: 0 };
    inHand.delete(task);
    inHand.add(ghost);
    watch.abandon(ghost);
    return ghost;
  };
  /** It did not begin, and its worker knows that it must not. */
  const takeBack = (task: Cargo): void => {
    inHand.delete(task);
    inHand.add({ ghost: true, id: task.wireId, name: 'work', expectedMs: 0, wireId: task.wireId, sentAt: 0 });
  };
  const end = (item: Cargo | Ghost): void => {
    inHand.delete(item);
    if ('ghost' in item) watch.forget(item);
  };
  return { clock, watch, timedOut, overdueAt, give, begin, abandon, takeBack, end };
}

describe('the time of a task', () => {
  it('counts from its start, however long it waited in the worker', () => {
    const { clock, give, begin, timedOut } = open();
    const task = give({ timeoutMs: 100 });
    clock.advance(10_000);
    expect(timedOut).toEqual([]);
    begin(task);
    clock.advance(99);
    expect(timedOut).toEqual([]);
    clock.advance(1);
    expect(timedOut).toEqual([{ wireId: 1, atMs: 10_100, ranMs: 100, by: 'timeoutMs' }]);
  });

  it('ends at its deadline, waiting or running', () => {
    const { clock, give, begin, timedOut } = open();
    give({ deadlineMs: 50 });
    begin(give({ deadlineMs: 70, timeoutMs: 1000 }));
    clock.advance(100);
    expect(timedOut).toEqual([
      { wireId: 1, atMs: 50, ranMs: undefined, by: 'deadline' },
      { wireId: 2, atMs: 70, ranMs: 70, by: 'deadline' },
    ]);
  });

  it('runs out at the earlier of its limits, and not after the task has ended', () => {
    const { clock, give, begin, end, timedOut } = open();
    const tasks = [give({ timeoutMs: 30, deadlineMs: 40 }), give({ timeoutMs: 35 })];
    tasks.forEach(begin);
    end(tasks[1] as Cargo);
    clock.advance(1000);
    expect(timedOut).toEqual([{ wireId: 1, atMs: 30, ranMs: 30, by: 'timeoutMs' }]);
    expect(clock.timers).toBe(0);
  });

  it('is watched by one timer for all tasks', () => {
    const { clock, give, begin } = open();
    for (let at = 1; at <= 100; at++) begin(give({ timeoutMs: 200 - at }));
    expect(clock.timers).toBe(1);
  });

  it('runs out at its very moment, for any tasks with any limits, starts and ends', () => {
    const life = fc.record({
      givenAt: fc.nat(300),
      waitsMs: fc.nat(300),
      runsMs: fc.nat(300),
      timeoutMs: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.constant(Infinity)),
      deadlineMs: fc.oneof(fc.nat(600), fc.constant(Infinity)),
    });
    fc.assert(
      fc.property(fc.array(life, { maxLength: 8 }), (lives) => {
        const { clock, give, begin, end, timedOut } = open();
        const expected = new Map<number, number>();
        const tasks = lives.map(({ givenAt, waitsMs, runsMs, timeoutMs, deadlineMs }) => {
          const startsAt = givenAt + waitsMs;
          const dueAt = Math.min(startsAt + timeoutMs, Math.max(givenAt, deadlineMs));
          return {
            givenAt,
            startsAt,
            endsAt: startsAt + runsMs,
            dueAt,
            timeoutMs,
            deadlineMs,
            task: undefined as Cargo | undefined,
          };
        });
        for (let now = 0; now <= 1200; now++) {
          for (const each of tasks) {
            if (each.givenAt === now) {
              each.task = give({ timeoutMs: each.timeoutMs, deadlineMs: each.deadlineMs });
              // What is due at a moment comes before what the worker does at it.
              const isInTime = each.endsAt === each.givenAt || each.endsAt < each.dueAt;
              if (!isInTime) expected.set(each.task.wireId, each.dueAt);
            }
            if (each.task === undefined || now > each.dueAt) continue;
            if (each.startsAt === now) begin(each.task);
            if (each.endsAt === now) end(each.task);
          }
          clock.advance(1);
        }
        expect(new Map(timedOut.map(({ wireId, atMs }) => [wireId, atMs]))).toEqual(expected);
        expect(timedOut).toHaveLength(expected.size);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a task nobody waits for any more', () => {
  it('has its grace to end, and then is overdue', () => {
    const { clock, give, begin, abandon, overdueAt } = open();
    const task = give();
    begin(task);
    clock.advance(1000);
    abandon(task);
    clock.advance(GRACE_MS - 1);
    expect(overdueAt).toEqual([]);
    clock.advance(1);
    expect(overdueAt).toEqual([1000 + GRACE_MS]);
  });

  it('is left alone when it ends within its grace', () => {
    const { clock, give, begin, abandon, end, overdueAt } = open();
    const task = give();
    begin(task);
    const ghost = abandon(task);
    clock.advance(GRACE_MS - 1);
    end(ghost);
    clock.advance(10_000);
    expect(overdueAt).toEqual([]);
    expect(clock.timers).toBe(0);
  });

  it('is never overdue when it was taken back before it began', () => {
    const { clock, give, takeBack, begin, abandon, overdueAt } = open();
    takeBack(give({ timeoutMs: 10 }));
    const running = give();
    begin(running);
    abandon(running);
    clock.advance(10_000);
    expect(overdueAt).toEqual([GRACE_MS]);
  });

  it('is overdue at once without a grace', () => {
    const { clock, give, begin, abandon, overdueAt } = open(0);
    const task = give();
    begin(task);
    clock.advance(5);
    abandon(task);
    clock.advance(0);
    expect(overdueAt).toEqual([5]);
  });
});

describe('stop', () => {
  it('calls the timer off', () => {
    const { clock, watch, give, begin, abandon, timedOut, overdueAt } = open();
    begin(give({ timeoutMs: 10 }));
    abandon(give());
    watch.stop();
    expect(clock.timers).toBe(0);
    clock.advance(10_000);
    expect([timedOut, overdueAt]).toEqual([[], []]);
  });
});
