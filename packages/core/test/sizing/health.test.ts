import { describe, expect, it } from 'vitest';
import { CheckHistory, checksOf, type HealthView, type NotedCheck, statusOf } from '../../src/sizing/health.js';

const GOOD: HealthView = {
  ready: 2,
  least: 1,
  restarts: 0,
  queueAgeMs: 0,
  queueLength: 0,
  memory: 0.5,
  ended: 100,
  errorRate: 0,
  eventLoopLagMs: 0,
};
const LIMITS = {
  restarts: 5,
  queueAgeMs: 10_000,
  queueLength: 100,
  memory: 0.8,
  errorRate: 0.5,
  eventLoopLagMs: 500,
};

const bad = (view: Partial<HealthView>): string[] =>
  checksOf({ ...GOOD, ...view }, LIMITS)
    .filter(({ ok }) => !ok)
    .map(({ name }) => name);

const check = (name: NotedCheck['name'], ok: boolean, value: number | string, lastsMs = 0): NotedCheck => ({
  name,
  ok,
  value,
  limit: 0,
  since: 0,
  lastsMs,
});

describe('the checks of a pool', () => {
  it.each<[string, Partial<HealthView>, Partial<HealthView>]>([
    ['workers', { ready: 1 }, { ready: 0 }],
    ['restarts', { restarts: 5 }, { restarts: 6 }],
    ['queueAge', { queueAgeMs: 10_000 }, { queueAgeMs: 10_001 }],
    ['queueLength', { queueLength: 100 }, { queueLength: 101 }],
    ['memory', { memory: 0.8 }, { memory: 0.81 }],
    ['errorRate', { errorRate: 0.5 }, { errorRate: 0.51 }],
    ['eventLoopLag', { eventLoopLagMs: 500 }, { eventLoopLagMs: 501 }],
  ])('find %s good up to its limit, and bad beyond', (name, good, wrong) => {
    expect([bad(good), bad(wrong)]).toEqual([[], [name]]);
  });

  it('conclude nothing from few tasks, and have no check of memory that is unknown', () => {
    expect(bad({ ended: 19, errorRate: 1 })).toEqual([]);
    expect(bad({ ended: 20, errorRate: 1 })).toEqual(['errorRate']);
    const names = checksOf({ ...GOOD, memory: undefined }, LIMITS).map(({ name }) => name);
    expect(names).not.toContain('memory');
  });

  it('know since when they are good or bad', () => {
    const history = new CheckHistory();
    const note = (queueAgeMs: number, hostMs: number, epochMs = hostMs + 1000): number[] => {
      const checks = history.note(checksOf({ ...GOOD, queueAgeMs }, LIMITS), { hostMs, epochMs });
      const { since, lastsMs } = checks.find(({ name }) => name === 'queueAge') as NotedCheck;
      return [since, lastsMs];
    };
    expect([note(0, 10), note(5, 20), note(20_000, 30), note(30_000, 40), note(0, 50)]).toEqual([
      [1010, 0],
      [1010, 10],
      [1030, 0],
      [1030, 10],
      [1050, 0],
    ]);
    // The time of day is set back by an hour, and forward by two.
    expect([note(0, 60, -3_600_000), note(0, 70, 3_600_000)]).toEqual([
      [1050, 10],
      [1050, 20],
    ]);
  });
});

describe('the status of a pool', () => {
  it('is ok while all checks are good', () => {
    expect(statusOf([check('state', true, 'open'), check('workers', true, 1)])).toBe('ok');
  });

  it('is degraded while any is bad, as while the first workers start', () => {
    expect(statusOf([check('queueAge', false, 1, 60_000)])).toBe('degraded');
    expect(statusOf([check('workers', false, 1, 60_000)])).toBe('degraded');
    expect(statusOf([check('workers', false, 0, 9999)])).toBe('degraded');
  });

  it('is failing once it has had no worker for ten seconds, or is not open', () => {
    expect(statusOf([check('workers', false, 0, 10_000)])).toBe('failing');
    expect(statusOf([check('state', false, 'closing')])).toBe('failing');
  });
});
