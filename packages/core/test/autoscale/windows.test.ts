import { describe, expect, it } from 'vitest';
import { Windows } from '../../src/autoscale/windows.js';
import { BUILT_IN_TASK } from '../../src/contract/resolve-task.js';
import { TaskType } from '../../src/task/task-type.js';
import { FakeClock } from '../support/fake-clock.js';

/** The keeper of a pool with one worker, of which a test says what it did. */
function open() {
  const clock = new FakeClock(0);
  const types = [new TaskType('a', BUILT_IN_TASK), new TaskType('b', BUILT_IN_TASK)];
  const counts = { completed: 0, failed: 0, cancelled: 0 };
  const windows = new Windows({ now: () => clock.now(), types, counts: () => counts, placeMs: () => clock.now() });
  /** Completes tasks that each took as long. */
  const complete = (count: number, runMs = 1, totalMs = runMs, name = 0): void => {
    for (let task = 0; task < count; task++) types[name]?.record(totalMs - runMs, runMs, totalMs);
    counts.completed += count;
  };
  /** Lets time pass, with a beat each second. */
  const beat = (seconds: number, during = (): void => {}, lateMs = 0): void => {
    for (let second = 0; second < seconds; second++) {
      during();
      clock.advance(1000);
      windows.tick(clock.now(), true, lateMs);
    }
  };
  return { clock, counts, types, windows, complete, beat };
}

describe('the windows of a pool', () => {
  it('show what was done in the latest seconds, of all names together', () => {
    const { windows, complete, beat } = open();
    beat(5, () => complete(10, 5, 50));
    beat(5, () => complete(20, 2, 20, 1));
    const { completed, throughput, totalMs, runMs, utilization } = windows.over(5000);
    expect({ completed, throughput }).toEqual({ completed: 100, throughput: 20 });
    expect([totalMs.p50, runMs.p50].map(Math.round)).toEqual([20, 2]);
    expect(utilization).toBeCloseTo(0.04);
    expect(windows.over(10_000)).toMatchObject({ completed: 150, overMs: 10_000 });
  });

  it('show what was done since the last beat', () => {
    const { clock, counts, windows, complete, beat } = open();
    beat(1);
    complete(3);
    counts.failed += 1;
    clock.advance(100);
    expect(windows.over(1000)).toMatchObject({ completed: 3, failed: 1, errorRate: 0.25 });
    // A look changes nothing.
    expect(windows.over(1000)).toMatchObject({ completed: 3, failed: 1 });
    expect(windows.ratesOver(1000)).toMatchObject({ completed: 3, failed: 1, overMs: 1000 });
    windows.tick(clock.now(), false, 0);
    expect(windows.over(1000)).toMatchObject({ completed: 3, failed: 1 });
  });

  it('leave out what was done before a rest', () => {
    const { clock, windows, complete } = open();
    complete(10);
    clock.advance(300);
    windows.tick(clock.now(), false, 0);
    clock.advance(600_000);
    windows.wake(clock.now());
    complete(2);
    clock.advance(250);
    windows.tick(clock.now(), false, 0);
    expect(windows.over(10_000)).toMatchObject({ completed: 2, overMs: 10_000 });
    expect(windows.over(3_600_000).completed).toBe(12);
  });

  it('count the time of tasks that ran together once', () => {
    const { windows, complete, beat, types } = open();
    beat(1, () => {
      complete(10, 500);
      // What stats() leaves out of the utilization, too.
      (types[0] as TaskType).sharedMs += 4500;
    });
    expect(windows.over(1000).utilization).toBeCloseTo(0.5);
  });

  it('stand when the pool has ended', () => {
    const { clock, windows, complete, beat } = open();
    beat(1, () => complete(5));
    complete(1);
    clock.advance(10);
    windows.stop();
    clock.advance(30_000);
    expect(windows.over(60_000).completed).toBe(6);
    expect(windows.over(10_000).completed).toBe(0);
  });

  it('keep the longest delay of the beats', () => {
    const { windows, beat } = open();
    beat(2, undefined, 700);
    beat(30, undefined, 3);
    expect([windows.over(60_000).loopLagMs, windows.over(10_000).loopLagMs]).toEqual([700, 3]);
  });
});
