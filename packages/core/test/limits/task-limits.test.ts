import { describe, expect, it } from 'vitest';
import type { PoolOptions } from '../../src/contract/options.js';
import { resolveTask } from '../../src/contract/resolve-task.js';
import type { TaskSettings } from '../../src/contract/resolved-options.js';
import type { TaskOptions } from '../../src/contract/task-options.js';
import { MOST_KEYS } from '../../src/limits/key-gates.js';
import { TaskLimits, type Ticket } from '../../src/limits/task-limits.js';
import { optionsOf } from '../support/tasks.js';

/** The limits of a task with these options. */
function open(options: TaskOptions<unknown>): TaskLimits {
  const { limits } = optionsOf({ tasks: { work: options } }).tasks.get('work') ?? {};
  return new TaskLimits(limits ?? []);
}

/** Takes as many as there are. @returns their number */
function takeAll(limits: TaskLimits, input: unknown, nowMs: number): number {
  for (let count = 0; count < 1000; count++) {
    const ticket = limits.ticketFor(input);
    if (limits.readyAtMs(ticket, nowMs) > nowMs) return count;
    limits.take(ticket, nowMs);
  }
  throw new Error('There is no limit.');
}

function errorOf(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('It did not throw.');
}

describe('limits of a task', () => {
  it('hold all at once, and take from none while another is used up', () => {
    const limits = open({
      rateLimit: [
        { calls: 5, perMs: 1000 },
        { calls: 8, perMs: 60_000 },
      ],
      concurrency: 6,
    });
    expect(takeAll(limits, 0, 0)).toBe(5);
    // The second has three left, and the third one place.
    expect(takeAll(limits, 0, 1000)).toBe(1);
  });

  it('are one for each key', () => {
    const limits = open({ rateLimit: { calls: 2, perMs: 1000, key: (input) => String(input) } });
    expect([takeAll(limits, 'a', 0), takeAll(limits, 'b', 0), takeAll(limits, 'a', 0)]).toEqual([2, 2, 0]);
  });

  it('weigh calls by their cost, which the handler may correct', () => {
    const limits = open({ rateLimit: { unit: 'tokens', max: 100, perMs: 1000, cost: (input) => Number(input) } });
    const grant = limits.take(limits.ticketFor(80), 0);
    expect(limits.readyAtMs(limits.ticketFor(30), 0)).toBe(100);
    grant.correct({ tokens: 60, requests: 9 }, 0);
    expect(limits.readyAtMs(limits.ticketFor(30), 0)).toBe(0);
    for (const tokens of [NaN, -1, Infinity, '9', undefined]) grant.correct({ tokens }, 0);
    expect(limits.readyAtMs(limits.ticketFor(40), 0)).toBe(0);
  });

  it('give back what a try took that did not begin', () => {
    const limits = open({ rateLimit: { calls: 1, perMs: 1000, window: 'strict' }, concurrency: 1 });
    const ticket = limits.ticketFor(0);
    limits.take(ticket, 0).giveBack();
    expect(limits.readyAtMs(ticket, 0)).toBe(0);
    limits.take(ticket, 0).ended(10);
    expect(limits.readyAtMs(ticket, 10)).toBe(1010);
  });

  it('close for the key of a task that failed with retryAfterMs, and for no longer than it may ask', () => {
    const rule = { calls: 9, perMs: 1000, key: (input: unknown) => String(input) };
    const limits = open({ rateLimit: [rule, { calls: 99, perMs: 1000 }] });
    const [a, b] = [limits.ticketFor('a'), limits.ticketFor('b')];
    limits.failed(a, { retryAfterMs: 700 }, 60_000, 0);
    expect([limits.readyAtMs(a, 0), limits.readyAtMs(b, 0)]).toEqual([700, 0]);
    limits.failed(a, { retryAfterMs: 365 * 24 * 3600 * 1000 }, 60_000, 0);
    expect(limits.readyAtMs(a, 0)).toBe(60_000);
  });

  it('close for all tasks where no limit has a key, but never those of calls at once', () => {
    const limits = open({ rateLimit: { calls: 9, perMs: 1000 }, concurrencyByKey: { key: String, max: 1 } });
    limits.failed(limits.ticketFor('a'), { retryAfterMs: 300 }, 60_000, 0);
    expect(limits.readyAtMs(limits.ticketFor('b'), 0)).toBe(300);
    const places = open({ concurrency: 3 });
    places.failed(places.ticketFor('a'), { retryAfterMs: 300 }, 60_000, 0);
    expect(places.readyAtMs(places.ticketFor('b'), 0)).toBe(0);
  });

  it.each([{ retryAfterMs: -5 }, { retryAfterMs: NaN }, { retryAfterMs: '9' }, new Error('no'), undefined, 'text'])(
    'do not close for %o',
    (error) => {
      const limits = open({ rateLimit: { calls: 9, perMs: 1000 } });
      const ticket = limits.ticketFor(0);
      limits.failed(ticket, error, 60_000, 0);
      expect(limits.readyAtMs(ticket, 0)).toBe(0);
    },
  );
});

describe('limits that refuse', () => {
  it('say when to try again, and count the calls that wait for a worker', () => {
    const limits = open({ rateLimit: { calls: 2, perMs: 1000, when: 'reject' } });
    const ticket = limits.ticketFor(0);
    const gates = limits.gatesOf(ticket, 0);
    for (let call = 0; call < 2; call++) {
      expect(limits.refusalOf(ticket, 0)).toBeUndefined();
      limits.reserve(gates, ticket, 1);
    }
    expect(limits.refusalOf(ticket, 0)).toEqual({ key: undefined, retryAfterMs: 500 });
    limits.reserve(gates, ticket, -1);
    expect(limits.refusalOf(ticket, 0)).toBeUndefined();
  });

  it('name the key', () => {
    const limits = open({ rateLimit: { calls: 1, perMs: 1000, when: 'reject', key: String } });
    takeAll(limits, 'mine', 0);
    expect(limits.refusalOf(limits.ticketFor('mine'), 0)).toEqual({ key: 'mine', retryAfterMs: 1000 });
    expect(limits.refusalOf(limits.ticketFor('yours'), 0)).toBeUndefined();
  });

  it('know only the least wait while calls run in a strict window', () => {
    const limits = open({ rateLimit: { calls: 1, perMs: 1000, when: 'reject', window: 'strict' } });
    takeAll(limits, 0, 0);
    expect(limits.refusalOf(limits.ticketFor(0), 5000)?.retryAfterMs).toBe(1000);
  });
});

describe('limits of a batch', () => {
  const tickets = (limits: TaskLimits, ...inputs: unknown[]): [Ticket, ...Ticket[]] =>
    inputs.map((input) => limits.ticketFor(input)) as [Ticket, ...Ticket[]];
  const free = (limits: TaskLimits, nowMs = 0): number => takeAll(limits, 1, nowMs);
  const whole = (): boolean => true;

  it('count it as one call, or as a call for each item', () => {
    for (const [per, left] of [
      [undefined, 9],
      ['call', 9],
      ['item', 7],
    ] as const) {
      const limits = open({ rateLimit: { calls: 10, perMs: 1000, ...(per && { per }) } });
      limits.takeAll(tickets(limits, 1, 2, 3), whole, 0);
      expect([per, free(limits)]).toEqual([per, left]);
    }
  });

  it('count the sum of what its inputs cost, and an input of several items once', () => {
    const limits = open({
      rateLimit: [
        { unit: 'tokens', max: 100, perMs: 1e6, cost: (input) => input as number },
        { calls: 1000, perMs: 1e6, per: 'item' },
      ],
    });
    limits.takeAll(tickets(limits, 20, 20, 30), (row) => row !== 1, 0);
    expect(free(limits)).toBe(50);
  });

  it('take one place for it, until its last item has ended', () => {
    const limits = open({ concurrency: 1 });
    const grant = limits.takeAll(tickets(limits, 1, 2, 3), whole, 0);
    grant.ended(5, 0);
    grant.giveBack();
    expect(free(limits, 5)).toBe(0);
    grant.ended(9, 2);
    expect(free(limits, 9)).toBe(1);
  });

  it('give back what it took only where its handler was called for none of its items', () => {
    for (const hasBegun of [true, false]) {
      const limits = open({ rateLimit: { calls: 3, perMs: 1e6, window: 'strict', per: 'item' } });
      const grant = limits.takeAll(tickets(limits, 1, 2), whole, 0);
      if (hasBegun) grant.ended(7, 1);
      else grant.giveBack();
      grant.giveBack();
      // From the end of the item that ran, at 7 ms.
      for (const [nowMs, left] of hasBegun
        ? ([
            [1e6, 1],
            [1e6 + 7, 2],
          ] as const)
        : ([[1000, 3]] as const)) {
        expect([nowMs, free(limits, nowMs)]).toEqual([nowMs, left]);
      }
    }
  });

  it('take what each item reports in place of its own estimate', () => {
    const limits = open({ rateLimit: { unit: 'tokens', max: 100, perMs: 1e6, cost: (input) => input as number } });
    const grant = limits.takeAll(tickets(limits, 10, 20, 30), whole, 0);
    grant.correct({ tokens: 5 }, 0, 1);
    grant.correct({ tokens: 1 }, 0, 1);
    grant.correct({ tokens: 40 }, 0, 2);
    // 10 + 1 + 40.
    expect(free(limits)).toBe(49);
  });

  it('refuse an item that would begin a call, but not one that joins a call which waits', () => {
    const limits = open({ rateLimit: { calls: 1, perMs: 1000, when: 'reject' } });
    const ticket = limits.ticketFor(1);
    limits.reserve(limits.gatesOf(ticket, 0), ticket, 1);
    expect(limits.refusalOf(ticket, 0)).toMatchObject({ retryAfterMs: 1000 });
    expect(limits.refusalOf(ticket, 0, true)).toBeUndefined();
  });
});

describe('keys', () => {
  it('are forgotten when they have rested, and their number is bounded', () => {
    const limits = open({ rateLimit: { calls: 1, perMs: 1000, key: String } });
    for (let key = 0; key < MOST_KEYS; key++) limits.take(limits.ticketFor(key), 0).ended(0);
    // All keys are busy, so the next two share one limit.
    const shared = limits.take(limits.ticketFor('x'), 0);
    expect(takeAll(limits, 'y', 0)).toBe(0);
    // Others have rested. A key that has used the shared limit would get a second share with one of its own.
    expect(takeAll(limits, 'x', 999)).toBe(0);
    shared.ended(1000);
    // A second later, all have rested.
    expect([takeAll(limits, 'u', 1000), takeAll(limits, 'v', 1000)]).toEqual([1, 1]);
  });

  it('that share a limit go on doing so while it is in use, although there is room for limits of their own', () => {
    const limits = open({ rateLimit: { calls: 2, perMs: 1000, window: 'strict', key: String } });
    for (let key = 0; key < MOST_KEYS; key++) limits.take(limits.ticketFor(key), 0).ended(0);
    limits.take(limits.ticketFor('x'), 900).ended(900);
    expect(takeAll(limits, 'x', 1100)).toBe(1);
    expect(takeAll(limits, 'x', 1500)).toBe(0);
  });

  it('of several limits are kept apart', () => {
    const by = (at: number) => (input: unknown) => (input as string[])[at] as string;
    const limits = open({
      rateLimit: [
        { calls: 1, perMs: 1000, key: by(0) },
        { calls: 3, perMs: 1000, key: by(1) },
      ],
    });
    const lines = [
      ['a', 'b'],
      ['a,', 'b'],
      ['a', ',b'],
      ['a","b', ''],
    ].map((input) => limits.ticketFor(input).line);
    expect(new Set(lines).size).toBe(4);
    expect([takeAll(limits, ['a', 'x'], 0), takeAll(limits, ['b', 'x'], 0), takeAll(limits, ['a', 'y'], 0)]).toEqual([
      1, 1, 0,
    ]);
  });
});

describe('functions of the user', () => {
  const cause = new Error('mine');
  const throws = (): never => {
    throw cause;
  };

  it('that throw give ERR_OPTION with the name of the task and the cause', () => {
    const cost = errorOf(() => open({ rateLimit: { unit: 'tokens', max: 1, perMs: 1, cost: throws } }).ticketFor(0));
    expect(cost).toMatchObject({ code: 'ERR_OPTION', cause, details: { option: 'tasks.work.rateLimit.cost' } });
    const key = errorOf(() => open({ rateLimit: { calls: 1, perMs: 1, key: throws } }).ticketFor(0));
    expect(key).toMatchObject({ code: 'ERR_OPTION', cause, details: { option: 'tasks.work.rateLimit.key' } });
    const byKey = errorOf(() => open({ concurrencyByKey: { key: throws, max: 1 } }).ticketFor(0));
    expect(byKey).toMatchObject({ code: 'ERR_OPTION', cause, details: { option: 'tasks.work.concurrencyByKey.key' } });
  });

  it.each([NaN, -1, Infinity, -Infinity, '5', undefined, null, 5n, Promise.resolve(1)])('may not cost %o', (given) => {
    const limits = open({ rateLimit: { unit: 'tokens', max: 1, perMs: 1, cost: () => given as number } });
    expect(errorOf(() => limits.ticketFor(0))).toMatchObject({ code: 'ERR_OPTION' });
    expect(errorOf(() => limits.ticketFor(0)).message).toMatch('must return a finite number of 0 or more');
  });

  it('may not cost a promise, whose rejection is then no concern of the program', async () => {
    const cost = (() => Promise.reject(new Error('no'))) as unknown as () => number;
    const limits = open({ rateLimit: { unit: 'tokens', max: 1, perMs: 1, cost } });
    expect(errorOf(() => limits.ticketFor(0))).toMatchObject({ code: 'ERR_OPTION' });
    // An unhandled rejection would fail this run.
    await new Promise((resolve) => setImmediate(resolve));
  });

  it.each([NaN, 1, undefined, null, {}, Promise.resolve('a')])('may not give the key %o', (given) => {
    const limits = open({ rateLimit: { calls: 1, perMs: 1, key: () => given as string } });
    expect(errorOf(() => limits.ticketFor(0)).message).toMatch('must return a string');
  });
});

describe('options', () => {
  const wrong: [string, unknown][] = [
    ['no perMs', { rateLimit: { calls: 1 } }],
    ['neither calls nor a unit', { rateLimit: { perMs: 1 } }],
    ['both', { rateLimit: { calls: 1, unit: 'x', max: 1, cost: () => 1, perMs: 1 } }],
    ['a unit without a cost', { rateLimit: { unit: 'x', max: 1, perMs: 1 } }],
    ['no calls', { rateLimit: { calls: 0, perMs: 1 } }],
    ['half a call', { rateLimit: { calls: 1.5, perMs: 1 } }],
    ['no end', { rateLimit: { calls: 1, perMs: Infinity } }],
    ['NaN', { rateLimit: { unit: 'x', max: NaN, perMs: 1, cost: () => 1 } }],
    ['items of a unit', { rateLimit: { unit: 'x', max: 1, perMs: 1, cost: () => 1, per: 'item' } }],
    ['an unknown per', { rateLimit: { calls: 1, perMs: 1, per: 'batch' } }],
    ['an unknown window', { rateLimit: { calls: 1, perMs: 1, window: 'sliding' } }],
    ['an unknown key', { rateLimit: { calls: 1, perMs: 1, burst: 2 } }],
    ['an empty list', { rateLimit: [] }],
    ['a list too long', { rateLimit: Array(9).fill({ calls: 1, perMs: 1 }) }],
    [
      'a wrong entry',
      {
        rateLimit: [
          { calls: 1, perMs: 1 },
          { calls: 'a', perMs: 1 },
        ],
      },
    ],
    ['no concurrency', { concurrency: 0 }],
    ['a concurrency without end', { concurrency: Infinity }],
    ['no key', { concurrencyByKey: { max: 1 } }],
    ['no max', { concurrencyByKey: { key: String } }],
  ];
  it.each(wrong)('with %s are refused', (_, options) => {
    const error = errorOf(() => optionsOf({ tasks: { work: options } } as PoolOptions));
    expect(error).toMatchObject({ code: 'ERR_OPTION' });
    expect((error as unknown as { details: { option: string } }).details.option).toMatch(
      /^tasks\.work\.(rateLimit|concurrency)/,
    );
  });

  it('of a name hold for a callable that sets others, with one share for both', () => {
    const settings = optionsOf({ tasks: { work: { rateLimit: { calls: 2, perMs: 1000 }, concurrency: 9 } } });
    const base = settings.tasks.get('work') as TaskSettings;
    const own = resolveTask({ concurrency: 1 }, base);
    const limits = new TaskLimits(base.limits ?? []);
    const callable = new TaskLimits(own.limits ?? [], limits);
    expect(own.limits?.map(({ of, max }) => [of, max])).toEqual([
      ['concurrency', 1],
      ['rateLimit', 2],
    ]);
    callable.take(callable.ticketFor(1), 0);
    expect(callable.readyAtMs(callable.ticketFor(1), 0)).toBe(Infinity);
    expect(takeAll(limits, 1, 0)).toBe(1);
  });

  it('are copied: a list that changes later changes nothing', () => {
    const rateLimit = [{ calls: 1, perMs: 1000 }];
    const options = optionsOf({ tasks: { work: { rateLimit } } });
    rateLimit[0] = { calls: 9, perMs: 9 };
    expect(options.tasks.get('work')?.limits).toMatchObject([{ max: 1, perMs: 1000 }]);
  });
});
