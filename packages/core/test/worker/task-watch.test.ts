import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InFlightEntry } from '../../src/worker/in-flight-entry.js';
import { TaskWatch } from '../../src/worker/task-watch.js';
import { FakeClock } from '../support/fake-clock.js';
import { optionsOf, TaskMaker } from '../support/tasks.js';

const GRACE_MS = 500;

interface Limits {
  timeoutMs?: number;
  slowMs?: number;
  queueTimeoutMs?: number;
  deadlineMs?: number;
}

/** A watch over tasks in places of their own. */
function open(graceMs = GRACE_MS, readLog: (isEverything: boolean) => boolean = () => true) {
  const clock = new FakeClock(0);
  const maker = new TaskMaker(optionsOf(), () => clock.now());
  const inFlight = new Set<InFlightEntry>();
  const started = new Map<InFlightEntry, number>();
  /** Whether the worker can still be kept from beginning a task. */
  let canWithdraw: (place: InFlightEntry) => boolean | undefined = () => true;
  const timedOut: { id: number; atMs: number; ranMs: number | undefined; by: string }[] = [];
  const overdueAt: number[] = [];
  const slow: { id: number; atMs: number; ranMs: number }[] = [];
  /** What a listener of a slow task does. */
  let onSlow = (_place: InFlightEntry): void => {};
  const watch = new TaskWatch({
    clock,
    inFlight: () => [...inFlight],
    readLog,
    begunAt: (place) => started.get(place),
    withdraw: (place) => canWithdraw(place),
    graceMs,
    timedOut(task, ranMs, by) {
      timedOut.push({ id: task.id, atMs: clock.now(), ranMs, by });
      inFlight.delete(task.assignment as InFlightEntry);
    },
    overdue: () => overdueAt.push(clock.now()),
    slow(task, ranMs) {
      slow.push({ id: task.id, atMs: clock.now(), ranMs });
      onSlow(task.assignment as InFlightEntry);
    },
  });
  const give = ({
    timeoutMs = Infinity,
    slowMs = Infinity,
    queueTimeoutMs = Infinity,
    deadlineMs = Infinity,
  }: Limits = {}): InFlightEntry => {
    const settings = { ...optionsOf().taskDefaults, timeoutMs, queueTimeoutMs, slowMs };
    const { task } = maker.make('work', undefined, { settings, deadline: { hostMs: deadlineMs, epochMs: 0 } });
    const place = new InFlightEntry(task.id, { id: 1, abandon: () => {}, begunAt: () => undefined });
    place.task = task;
    task.state = 'dispatched';
    task.owned = place;
    inFlight.add(place);
    watch.expect(task);
    return place;
  };
  const begin = (place: InFlightEntry): void => void started.set(place, clock.now());
  /** The caller of this task has left. */
  const abandon = (place: InFlightEntry): void => {
    place.isAbandoned = true;
    watch.abandon(place);
  };
  /** It did not begin, and its worker knows that it must not. */
  const takeBack = (place: InFlightEntry): void => {
    place.isAbandoned = true;
  };
  const end = (place: InFlightEntry): void => {
    inFlight.delete(place);
    if (place.isAbandoned) watch.forget(place);
  };
  const withdraws = (how: (place: InFlightEntry) => boolean | undefined): void => void (canWithdraw = how);
  const whenSlow = (listener: (place: InFlightEntry) => void): void => void (onSlow = listener);
  return { clock, watch, timedOut, overdueAt, slow, whenSlow, give, begin, abandon, takeBack, end, withdraws };
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
    expect(timedOut).toEqual([{ id: 1, atMs: 10_100, ranMs: 100, by: 'timeoutMs' }]);
  });

  it('is judged once its progress has had time to come, and then by all results of the log', () => {
    const reads: [number, boolean][] = [];
    const { clock, give, begin, abandon, end, timedOut, overdueAt } = open(100, (isEverything) => {
      reads.push([clock.now(), isEverything]);
      if (isEverything) end(ended);
      return isEverything;
    });
    const ended = give({ timeoutMs: 100 });
    const running = give({ timeoutMs: 100 });
    begin(ended);
    begin(running);
    clock.advance(150);
    expect(timedOut).toEqual([{ id: 2, atMs: 150, ranMs: 150, by: 'timeoutMs' }]);
    const leaving = give();
    begin(leaving);
    abandon(leaving);
    clock.advance(150);
    expect([overdueAt, reads]).toEqual([
      [300],
      [
        [100, false],
        [150, true],
        [250, false],
        [300, true],
      ],
    ]);
  });

  it('is judged no sooner because a task with a shorter limit leaves', () => {
    const reads: [number, boolean][] = [];
    const { clock, give, begin } = open(100, (isEverything) => {
      reads.push([clock.now(), isEverything]);
      return isEverything;
    });
    begin(give({ timeoutMs: 100 }));
    clock.advance(110);
    give({ timeoutMs: 10 });
    clock.advance(40);
    expect(reads).toEqual([
      [100, false],
      [120, false],
      [150, true],
    ]);
  });

  it('is not over for having waited when it begins while it is judged', () => {
    const { clock, give, begin, end, timedOut, withdraws } = open();
    const waits = give({ queueTimeoutMs: 50 });
    const late = give({ deadlineMs: 50 });
    withdraws((place) => {
      begin(place);
      return false;
    });
    clock.advance(60);
    expect(timedOut).toEqual([{ id: 2, atMs: 50, ranMs: 0, by: 'deadline' }]);
    end(waits);
    end(late);
    clock.advance(1000);
    expect(timedOut).toHaveLength(1);
  });

  it('waits on for as long as a run takes when it may begin at any moment, but not beyond its deadline', () => {
    const { clock, give, timedOut, withdraws } = open();
    withdraws(() => false);
    give({ queueTimeoutMs: 50 });
    give({ deadlineMs: 50 });
    clock.advance(100);
    expect(timedOut).toEqual([
      { id: 2, atMs: 50, ranMs: 0, by: 'deadline' },
      { id: 1, atMs: 55, ranMs: undefined, by: 'deadline' },
    ]);
  });

  it('is over for having waited when its worker cannot be reached', () => {
    const { clock, give, timedOut, withdraws } = open();
    withdraws(() => undefined);
    give({ queueTimeoutMs: 50 });
    clock.advance(100);
    expect(timedOut).toEqual([{ id: 1, atMs: 50, ranMs: undefined, by: 'deadline' }]);
  });

  it('ends at its deadline, waiting or running', () => {
    const { clock, give, begin, timedOut } = open();
    give({ deadlineMs: 50 });
    begin(give({ deadlineMs: 70, timeoutMs: 1000 }));
    clock.advance(100);
    expect(timedOut).toEqual([
      { id: 1, atMs: 50, ranMs: undefined, by: 'deadline' },
      { id: 2, atMs: 70, ranMs: 70, by: 'deadline' },
    ]);
  });

  it('runs out at the earlier of its limits, and not after the task has ended', () => {
    const { clock, give, begin, end, timedOut } = open();
    const tasks = [give({ timeoutMs: 30, deadlineMs: 40 }), give({ timeoutMs: 35 })];
    tasks.forEach(begin);
    end(tasks[1] as InFlightEntry);
    clock.advance(1000);
    expect(timedOut).toEqual([{ id: 1, atMs: 30, ranMs: 30, by: 'timeoutMs' }]);
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
            place: undefined as InFlightEntry | undefined,
          };
        });
        for (let now = 0; now <= 1200; now++) {
          for (const each of tasks) {
            if (each.givenAt === now) {
              each.place = give({ timeoutMs: each.timeoutMs, deadlineMs: each.deadlineMs });
              // What is due at a moment comes before what the worker does at it.
              const isInTime = each.endsAt === each.givenAt || each.endsAt < each.dueAt;
              if (!isInTime) expected.set(each.place.slot, each.dueAt);
            }
            if (each.place === undefined || now > each.dueAt) continue;
            if (each.startsAt === now) begin(each.place);
            if (each.endsAt === now) end(each.place);
          }
          clock.advance(1);
        }
        expect(new Map(timedOut.map(({ id, atMs }) => [id, atMs]))).toEqual(expected);
        expect(timedOut).toHaveLength(expected.size);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a task whose caller has left', () => {
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
    abandon(task);
    clock.advance(GRACE_MS - 1);
    end(task);
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

describe('a look that comes late, since the loop of the program stood still', () => {
  it('judges in the next turn, when what the worker sent meanwhile has been read', () => {
    const { clock, timedOut, give, begin, end } = open();
    const place = give({ timeoutMs: 100 });
    begin(place);
    clock.fireLate(1000);
    expect(timedOut).toEqual([]);
    end(place);
    clock.advance(10);
    expect(timedOut).toEqual([]);
  });

  it('judges the second time, late or not: in a loop whose every turn is long, each look is late', () => {
    const { clock, timedOut, give, begin } = open();
    begin(give({ timeoutMs: 100 }));
    clock.fireLate(1000);
    clock.fireLate(1000);
    expect(timedOut).toMatchObject([{ by: 'timeoutMs', ranMs: 2000 }]);
  });
});

describe('a task with slowMs', () => {
  it('is reported once, while it runs, however long it waited in the worker and goes on', () => {
    const { clock, give, begin, slow, timedOut } = open();
    const place = give({ slowMs: 100 });
    clock.advance(5000);
    expect(slow).toEqual([]);
    begin(place);
    clock.advance(99);
    expect(slow).toEqual([]);
    clock.advance(1);
    expect(slow).toEqual([{ id: place.task?.id, atMs: 6_100 - 1000, ranMs: 100 }]);
    clock.advance(100_000);
    expect(slow).toHaveLength(1);
    expect(timedOut).toEqual([]);
    expect(clock.timers).toBe(0);
  });

  it('is reported before its time is up, and not again in its next try', () => {
    const { clock, give, begin, slow, timedOut } = open();
    const place = give({ slowMs: 100, timeoutMs: 300 });
    begin(place);
    clock.advance(300);
    expect([slow.map(({ atMs }) => atMs), timedOut.map(({ atMs }) => atMs)]).toEqual([[100], [300]]);
    expect(place.task?.slowMs).toBe(Infinity);
  });

  it('that ended in time, has returned, or was abandoned, is not reported', () => {
    const { clock, give, begin, end, abandon, slow } = open();
    const [ended, returned, abandoned] = [give({ slowMs: 100 }), give({ slowMs: 100 }), give({ slowMs: 100 })];
    for (const place of [ended, returned, abandoned]) begin(place);
    clock.advance(50);
    end(ended);
    returned.hasReturned = true;
    abandon(abandoned);
    clock.advance(1000);
    expect(slow).toEqual([]);
  });

  it('may be abandoned by the listener, and does not time out then', () => {
    const { clock, give, begin, abandon, whenSlow, slow, timedOut, overdueAt } = open();
    whenSlow(abandon);
    begin(give({ slowMs: 100, timeoutMs: 100 }));
    clock.advance(100);
    expect([slow.length, timedOut]).toEqual([1, []]);
    clock.advance(GRACE_MS);
    expect(overdueAt).toEqual([600]);
  });

  it('shares the timer of all tasks of its worker', () => {
    const { clock, give } = open();
    for (let n = 0; n < 10; n++) give({ slowMs: 100 + n, timeoutMs: 1000 });
    expect(clock.timers).toBe(1);
  });
});
