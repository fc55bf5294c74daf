import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterReady,
  afterUnexpectedEnd,
  NO_HISTORY,
  type RestartDecision,
  type RestartHistory,
} from '../../src/supervise/restart-policy.js';

const LIMITS = { max: 10, withinMs: 30_000 };
const HEALTHY_MS = 30_000;

interface End {
  wasReady?: boolean;
  uptimeMs?: number;
  tasksDone?: number;
  hasOthers?: boolean;
  nowMs?: number;
  random?: number;
}

/** What is decided for each of these ends, one after another. */
function decisions(ends: readonly End[], limits = LIMITS, from: RestartHistory = NO_HISTORY): RestartDecision[] {
  let history = from;
  return ends.map((end) => {
    const whole = { wasReady: true, uptimeMs: 5, tasksDone: 0, nowMs: 0, random: 1, hasOthers: false, ...end };
    const { history: next, decision } = afterUnexpectedEnd(history, whole, limits);
    history = next;
    return decision;
  });
}

function delays(ends: readonly End[], limits = LIMITS): (number | undefined)[] {
  return decisions(ends, limits).map((decision) => (decision.action === 'restart' ? decision.delayMs : undefined));
}

describe('after the death of a ready worker', () => {
  it('the first restart is immediate, the next ones wait up to 100 ms · 2ⁿ and 5 s', () => {
    expect(delays(Array<End>(10).fill({}))).toEqual([0, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
  });

  it('the wait is spread over all of its range', () => {
    expect(delays([{}, {}, { random: 0.5 }])).toEqual([0, 100, 100]);
    expect(delays([{}, { random: 0 }])).toEqual([0, 0]);
  });

  it('a worker that had lived for 30 s begins a new count', () => {
    const ends = [{}, {}, {}, { uptimeMs: HEALTHY_MS }, {}, { uptimeMs: HEALTHY_MS - 1 }];
    expect(delays(ends)).toEqual([0, 100, 200, 0, 100, 200]);
  });

  it('a worker that had finished a task begins a new count', () => {
    expect(delays([{}, {}, {}, { tasksDone: 1 }, {}])).toEqual([0, 100, 200, 0, 100]);
  });

  it('more than max within the window end the pool, and say so', () => {
    const limits = { max: 2, withinMs: 1000 };
    expect(decisions([{ nowMs: 0 }, { nowMs: 500 }, { nowMs: 999 }], limits).at(-1)).toEqual({
      action: 'giveUp',
      reason: '3 workers died within 1000 ms (restart.max is 2).',
    });
    expect(decisions([{ nowMs: 0 }], { max: 0, withinMs: 1000 })).toEqual([
      { action: 'giveUp', reason: '1 worker died within 1000 ms (restart.max is 0).' },
    ]);
  });

  it('deaths that have left the window count no more', () => {
    const limits = { max: 2, withinMs: 1000 };
    const everyHalfWindow = [0, 500, 1000, 1500, 2000].map((nowMs) => ({ nowMs }));
    expect(decisions(everyHalfWindow, limits).map(({ action }) => action)).toEqual(Array(5).fill('restart'));
  });

  it('a limit of 0 forgives none', () => {
    expect(decisions([{}], { max: 0, withinMs: 1000 })[0]?.action).toBe('giveUp');
  });
});

describe('after a failed start', () => {
  it('the next one waits, and the fifth in a row ends the pool', () => {
    const ends = Array<End>(5).fill({ wasReady: false });
    expect(delays(ends)).toEqual([100, 200, 400, 800, undefined]);
    expect(decisions(ends).at(-1)).toEqual({ action: 'giveUp', reason: '5 workers in a row failed to start.' });
  });

  it('a worker that became ready begins a new count', () => {
    let history = NO_HISTORY;
    const fail = (): RestartDecision['action'] => {
      const end = { wasReady: false, uptimeMs: 0, tasksDone: 0, nowMs: 0, random: 1, hasOthers: false };
      const { history: next, decision } = afterUnexpectedEnd(history, end, LIMITS);
      history = next;
      return decision.action;
    };
    for (let round = 0; round < 3; round++) {
      for (let failure = 0; failure < 4; failure++) expect(fail()).toBe('restart');
      history = afterReady(history);
    }
  });

  it('ends no pool whose other workers are at work; it is tried again, ever more seldom', () => {
    const beside = { wasReady: false, hasOthers: true };
    expect(delays(Array<End>(9).fill(beside)).slice(-4)).toEqual([3200, 5000, 5000, 5000]);
    expect(decisions([...Array<End>(6).fill(beside), { wasReady: false }]).at(-1)?.action).toBe('giveUp');
  });

  it('does not count as a death of a ready worker, nor the other way round', () => {
    const mixed = [{ wasReady: false }, {}, { wasReady: false }, {}, { wasReady: false }, {}];
    expect(delays(mixed)).toEqual([100, 0, 200, 100, 400, 200]);
    const limits = { max: 1, withinMs: 1000 };
    expect(decisions([{}, { wasReady: false }, { wasReady: false }], limits).map(({ action }) => action)).toEqual(
      Array(3).fill('restart'),
    );
  });
});

describe('any sequence of ends', () => {
  const end = fc.record({
    wasReady: fc.boolean(),
    uptimeMs: fc.constantFrom(0, 5, HEALTHY_MS),
    tasksDone: fc.constantFrom(0, 1),
    sinceLastMs: fc.nat(20_000),
    random: fc.double({ min: 0, max: 1, noNaN: true }),
  });

  it('waits between 0 and 5 s, gives up beyond the limit and not before, and changes no history in place', () => {
    fc.assert(
      fc.property(fc.array(end, { maxLength: 40 }), fc.nat(5), (ends, max) => {
        let history: RestartHistory = Object.freeze({ ...NO_HISTORY, deaths: Object.freeze([]) });
        let nowMs = 0;
        let failedStarts = 0;
        const deathsAt: number[] = [];
        for (const { sinceLastMs, ...each } of ends) {
          nowMs += sinceLastMs;
          const { history: next, decision } = afterUnexpectedEnd(
            history,
            { ...each, nowMs, hasOthers: false },
            { max, withinMs: 30_000 },
          );
          if (each.wasReady) deathsAt.push(nowMs);
          else failedStarts++;
          const recent = deathsAt.filter((at) => at > nowMs - 30_000).length;
          const isOver = each.wasReady ? recent > max : failedStarts >= 5;
          expect(decision.action).toBe(isOver ? 'giveUp' : 'restart');
          if (decision.action === 'restart') {
            expect(decision.delayMs).toBeGreaterThanOrEqual(0);
            expect(decision.delayMs).toBeLessThanOrEqual(5000);
          }
          history = Object.freeze(next);
        }
      }),
    );
  });
});
