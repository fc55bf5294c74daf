import { describe, expect, it } from 'vitest';
import type { HealthCheck } from '../../src/contract/health.js';
import { CheckHistory, checksOf, type HealthView, statusOf } from '../../src/sizing/health.js';

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

const check = (name: HealthCheck['name'], ok: boolean, value: number | string, since = 0): HealthCheck => ({
  name,
  ok,
  value,
  limit: 0,
  since,
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
    const note = (queueAgeMs: number, atMs: number): HealthCheck =>
      history
        .note(checksOf({ ...GOOD, queueAgeMs }, LIMITS), atMs)
        .find(({ name }) => name === 'queueAge') as HealthCheck;
    expect(
      [note(0, 10), note(5, 20), note(20_000, 30), note(30_000, 40), note(0, 50)].map(({ since }) => since),
    ).toEqual([10, 10, 30, 30, 50]);
  });
});

describe('the status of a pool', () => {
  it('is ok while all checks are good', () => {
    expect(statusOf([check('state', true, 'open'), check('workers', true, 1)], 0)).toBe('ok');
  });

  it('is degraded while any is bad, as while the first workers start', () => {
    expect(statusOf([check('queueAge', false, 1)], 60_000)).toBe('degraded');
    expect(statusOf([check('workers', false, 1)], 60_000)).toBe('degraded');
    expect(statusOf([check('workers', false, 0, 1000)], 10_999)).toBe('degraded');
  });

  it('is failing once it has had no worker for ten seconds, or is not open', () => {
    expect(statusOf([check('workers', false, 0, 1000)], 11_000)).toBe('failing');
    expect(statusOf([check('state', false, 'closing')], 0)).toBe('failing');
  });
});
