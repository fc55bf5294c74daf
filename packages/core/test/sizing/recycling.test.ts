import { describe, expect, it } from 'vitest';
import type { RecycleRules } from '../../src/contract/resolved-options.js';
import { chooseToRecycle, mostAtOnce, mostTasksOf, type RecycleView, stretchOf } from '../../src/sizing/recycling.js';

const MIB = 1024 * 1024;
const NEVER: RecycleRules = { afterTasks: undefined, afterMs: undefined, aboveRssBytes: undefined, onLeak: false };

const view = (id: number, changes: Partial<RecycleView> = {}): RecycleView => ({
  id,
  tasksTaken: 0,
  mostTasks: Infinity,
  readyMs: 0,
  rssBytes: 60 * MIB,
  warmRssBytes: 60 * MIB,
  leak: undefined,
  stretch: 1,
  ...changes,
});

describe('a worker is replaced', () => {
  const leak = { bytesPerTask: 5 * 1024, grownBytes: 30 * MIB, points: 30, risingShare: 1, isLeak: true };
  it.each([
    ['after a number of tasks', { afterTasks: 100 }, { tasksTaken: 100, mostTasks: 100 }, '100 tasks'],
    ['after so long', { afterMs: 60_000 }, { readyMs: 61_000 }, '61 s old'],
    [
      'for memory above what it had when warm',
      { aboveRssBytes: 50 * MIB },
      { rssBytes: 120 * MIB },
      'memory: 60 MiB more',
    ],
    ['for a leak', { onLeak: true }, { leak }, 'leak: 5.0 KiB a task, 30 MiB in all'],
  ])('%s', (_what, rules, changes, reason) => {
    const chosen = chooseToRecycle([view(1), view(2, changes)], { ...NEVER, ...rules }, 0);
    expect(chosen).toEqual([{ id: 2, reason: expect.stringContaining(reason) as string }]);
  });

  it('a quarter at once at most, the most urgent first, and none while enough are underway', () => {
    const views = Array.from({ length: 8 }, (_, index) => view(index, { readyMs: 100 + index }));
    const rules = { ...NEVER, afterMs: 100 };
    expect(chooseToRecycle(views, rules, 0).map(({ id }) => id)).toEqual([7, 6]);
    expect(chooseToRecycle(views, rules, 1).map(({ id }) => id)).toEqual([7]);
    expect(chooseToRecycle(views, rules, 2)).toEqual([]);
    expect([mostAtOnce(1), mostAtOnce(4), mostAtOnce(9)]).toEqual([1, 1, 2]);
  });

  it('at its last task as many at once as there mostly are: all of those with one task each', () => {
    const atOnce = (afterTasks: number, underway = 0): number => {
      const views = Array.from({ length: 8 }, (_, id) => view(id, { tasksTaken: afterTasks, mostTasks: afterTasks }));
      return chooseToRecycle(views, { ...NEVER, afterTasks }, underway).length;
    };
    expect([1, 2, 3, 4, 5, 1000].map((afterTasks) => atOnce(afterTasks))).toEqual([8, 4, 3, 2, 2, 2]);
    // Those that were before them may still tear down.
    expect(atOnce(1, 8)).toBe(8);
  });

  it('sooner or later than its neighbours, by jitter', () => {
    expect([stretchOf(0.2, 0), stretchOf(0.2, 1), stretchOf(0, 0.7)]).toEqual([1, 0.8, 1]);
    const views = [view(1, { readyMs: 85, stretch: 0.8 }), view(2, { readyMs: 85, stretch: 1 })];
    expect(chooseToRecycle(views, { ...NEVER, afterMs: 100 }, 0).map(({ id }) => id)).toEqual([1]);
  });
});

describe('the tasks a worker may take', () => {
  it('are never more than its rule allows, fewer by jitter, and one at least', () => {
    expect([1, 0.95, 0.5, 0.001].map((stretch) => mostTasksOf(100, stretch))).toEqual([100, 95, 50, 1]);
    expect([1, 0.9, 0].map((stretch) => mostTasksOf(1, stretch))).toEqual([1, 1, 1]);
    expect(mostTasksOf(undefined, 0.5)).toBe(Infinity);
  });
});
