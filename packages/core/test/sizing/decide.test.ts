import { describe, expect, it } from 'vitest';
import type { SizingLimits } from '../../src/sizing/sample.js';
import { BLOCKING, COMPUTING, type Kind, SizedPool, WAITING } from '../support/sized-pool.js';

const LIMITS: SizingLimits = { minWorkers: 1, maxWorkers: 32, minConcurrency: 1, maxConcurrency: 512, cores: 4 };
const MIXED: Kind = { loop: 0.2, cpu: 0.2, after: 0.5 };

function workersOf({ history }: SizedPool): number[] {
  return history.map(({ workers }) => workers);
}

describe('where there is always enough to do', () => {
  it('tasks that compute get the cores, one task a worker', () => {
    const pool = new SizedPool(LIMITS);
    expect(pool.run(30, { kind: COMPUTING, tasks: 1000 })).toEqual({ workers: 4, concurrency: 1 });
    expect(Math.max(...workersOf(pool))).toBeLessThanOrEqual(5);
  });

  it('tasks that wait get concurrency, and no workers beyond the cores', () => {
    const pool = new SizedPool(LIMITS);
    const { workers, concurrency } = pool.run(5, { kind: WAITING, tasks: 4000 });
    expect(workers).toBe(4);
    expect(concurrency).toBeGreaterThanOrEqual(90);
    expect(concurrency).toBeLessThanOrEqual(160);
  });

  it('tasks that wait for what serves a few at a time are not many times as many', () => {
    const service: Kind = { ...WAITING, served: 40 };
    const pool = new SizedPool(LIMITS);
    const { workers, concurrency } = pool.run(60, { kind: service, tasks: 4000 });
    expect(workers * concurrency).toBeGreaterThanOrEqual(40);
    expect(workers * concurrency).toBeLessThanOrEqual(160);
  });

  it('tasks of which some compute and some wait get the cores, and as many each as keep them busy', () => {
    const pool = new SizedPool(LIMITS);
    const { workers, concurrency } = pool.run(4, { kind: MIXED, tasks: 4000 });
    expect(workers).toBe(4);
    expect(concurrency).toBeGreaterThanOrEqual(5);
    expect(concurrency).toBeLessThanOrEqual(10);
  });

  it('tasks that block get workers beyond the cores', () => {
    expect(new SizedPool(LIMITS).run(5, { kind: BLOCKING, tasks: 1000 }).workers).toBeGreaterThanOrEqual(24);
  });

  it('short tasks that never stop coming are worth workers that start slowly', () => {
    const pool = new SizedPool({ ...LIMITS, cores: 16, maxWorkers: 128 }, 5000);
    pool.run(300, { kind: COMPUTING, tasks: 0 });
    expect(pool.numbers.workers).toBe(1);
    pool.run(30, { kind: COMPUTING, tasks: 100 });
    expect(Math.max(...workersOf(pool).slice(-12))).toBe(16);
  });
});

describe('when tasks change', () => {
  const settled = {
    computing: { workers: { least: 4, most: 4 }, concurrency: { least: 1, most: 1 } },
    blocking: { workers: { least: 24, most: 32 }, concurrency: { least: 1, most: 1 } },
    waiting: { workers: { least: 1, most: 4 }, concurrency: { least: 90, most: 160 } },
  };
  it.each([
    { from: 'waiting', before: WAITING, to: 'computing', after: COMPUTING },
    { from: 'computing', before: COMPUTING, to: 'waiting', after: WAITING },
    { from: 'blocking', before: BLOCKING, to: 'computing', after: COMPUTING },
    { from: 'computing', before: COMPUTING, to: 'blocking', after: BLOCKING },
    { from: 'waiting', before: WAITING, to: 'blocking', after: BLOCKING },
  ] as const)('from $from to $to, both numbers are right again within five seconds', ({ before, to, after }) => {
    const pool = new SizedPool(LIMITS);
    pool.run(20, { kind: before, tasks: 4000 });
    pool.run(5, { kind: after, tasks: 4000 });
    const goal = settled[to];
    for (let second = 0; second < 20; second++) {
      const { workers, concurrency } = pool.run(1, { kind: after, tasks: 4000 });
      expect(concurrency).toBeGreaterThanOrEqual(goal.concurrency.least);
      expect(concurrency).toBeLessThanOrEqual(goal.concurrency.most);
      // A trial of one more or less is not a change.
      expect(workers).toBeGreaterThanOrEqual(goal.workers.least * 0.75);
      expect(workers).toBeLessThanOrEqual(goal.workers.most * 1.25);
    }
  });
});

describe('where there is nothing to do', () => {
  it('workers go one by one after ten seconds, down to the least', () => {
    const pool = new SizedPool({ ...LIMITS, minWorkers: 2 });
    const { workers } = pool.run(3, { kind: COMPUTING, tasks: 1000 });
    expect(pool.run(9, { kind: COMPUTING, tasks: 0 })).toEqual({ workers, concurrency: 1 });
    expect(pool.run(60, { kind: COMPUTING, tasks: 0 }).workers).toBe(2);
    const counts = workersOf(pool);
    for (let tick = 1; tick < counts.length; tick++) {
      expect((counts[tick - 1] ?? 0) - (counts[tick] ?? 0)).toBeLessThanOrEqual(1);
    }
  });

  it('and come back at once when there is', () => {
    const pool = new SizedPool(LIMITS);
    expect(pool.run(120, { kind: COMPUTING, tasks: 0 }).workers).toBe(1);
    expect(pool.run(1, { kind: COMPUTING, tasks: 1000 }).workers).toBe(4);
  });

  it('are kept longer when load comes and goes', () => {
    const pool = new SizedPool(LIMITS);
    for (let round = 0; round < 10; round++) {
      pool.run(5, { kind: COMPUTING, tasks: 1000 });
      pool.run(15, { kind: COMPUTING, tasks: 0 });
    }
    const shrinks = pool.history.filter(({ reason }) => reason.startsWith('nothing to do'));
    expect(shrinks.length).toBeLessThanOrEqual(8);
  });
});

describe('where another pool uses cores now and then', () => {
  /** Workers of a pool at each tick. Ten times it has 8 cores for 2 s, then some less for a while. */
  const workersBeside = (others: { cores: number; forS: number }): number[] => {
    const limits = { ...LIMITS, cores: 8 };
    const pool = new SizedPool(limits);
    for (let round = 0; round < 10; round++) {
      limits.cores = 8;
      pool.run(2, { kind: COMPUTING, tasks: 8 });
      limits.cores = 8 - others.cores;
      pool.run(others.forS, { kind: COMPUTING, tasks: 8 });
    }
    return workersOf(pool);
  };

  it('no worker comes and goes with one of them', () => {
    expect(new Set(workersBeside({ cores: 1, forS: 1 }))).toEqual(new Set([8]));
  });

  it('workers that came back twice stay', () => {
    const counts = workersBeside({ cores: 2, forS: 2 });
    const changes = counts.filter((count, tick) => tick > 0 && count !== counts[tick - 1]);
    expect(changes.length).toBeLessThanOrEqual(4);
    expect(counts.at(-1)).toBe(8);
  });
});

describe('where fewer workers are wanted', () => {
  /** Which went first at each step down. */
  const goFirst = ({ history }: SizedPool, from = 0): Set<string> => {
    const isStepDown = (tick: number): boolean =>
      tick > from && (history[tick]?.workers ?? 0) < (history[tick - 1]?.workers ?? 0);
    return new Set(history.filter((_, tick) => isStepDown(tick)).map((each) => each.goFirst));
  };

  it('those started last go while all have enough to do: after a trial, and where workers take from each other', () => {
    const pool = new SizedPool(LIMITS);
    pool.run(20, { kind: BLOCKING, tasks: 1000 });
    pool.run(60, { kind: COMPUTING, tasks: 1000 });
    expect(goFirst(pool)).toEqual(new Set(['newest']));
  });

  it('the longest unused go where there is little or nothing to do', () => {
    const pool = new SizedPool(LIMITS);
    pool.run(5, { kind: COMPUTING, tasks: 1000 });
    const before = pool.history.length;
    pool.run(20, { kind: COMPUTING, tasks: 2 });
    pool.run(60, { kind: COMPUTING, tasks: 0 });
    expect(goFirst(pool, before)).toEqual(new Set(['coldest']));
  });
});

describe('every change', () => {
  it('has a reason a person understands, and nothing else has one', () => {
    const pool = new SizedPool(LIMITS);
    for (const kind of [WAITING, COMPUTING, BLOCKING, MIXED]) pool.run(10, { kind, tasks: 4000 });
    pool.run(40, { kind: COMPUTING, tasks: 0 });
    let previous = { workers: 4, concurrency: 1 };
    for (const { reason, ...numbers } of pool.history) {
      const isChange = numbers.workers !== previous.workers || numbers.concurrency !== previous.concurrency;
      expect({ ...numbers, isChange, reason }).toEqual({
        ...numbers,
        isChange,
        reason: isChange ? (expect.stringMatching(/.+/) as string) : '',
      });
      previous = numbers;
    }
    const reasons = pool.history.map(({ reason }) => reason).join('\n');
    expect(reasons).toMatch(/tasks wait: \d+\.\d of them keep one worker busy, 4 cores/);
    expect(reasons).toMatch(/tasks block their worker \(\d+ % processor time\), 4 cores/);
    expect(reasons).toMatch(/nothing to do for \d+ s/);
  });

  it('names the cores where one worker more than they can use goes, and the tasks where those are few', () => {
    const limits = { ...LIMITS, cores: 8 };
    const pool = new SizedPool(limits);
    const reasonOfNext = (cores: number, tasks: number): string | undefined => {
      const from = pool.history.length;
      limits.cores = cores;
      pool.run(12, { kind: COMPUTING, tasks });
      return pool.history.slice(from).find(({ reason }) => reason !== '')?.reason;
    };
    expect(reasonOfNext(8, 8)).toBeUndefined();
    expect(reasonOfNext(7, 8)).toBe('tasks compute (88 % processor time), 7 cores');
    expect(reasonOfNext(7, 3)).toBe('3 tasks at a time need no more than 3 workers');
  });
});

describe('a pool without work', () => {
  it('has its least number of workers again, once memory allows it', () => {
    const pool = new SizedPool({ ...LIMITS, minWorkers: 4 });
    const idle = { kind: COMPUTING, tasks: 0 };
    expect(pool.run(5, { ...idle, memoryCap: 1 }).workers).toBe(1);
    expect(pool.run(5, { ...idle, memoryRoom: 0 }).workers).toBe(1);
    expect(pool.run(0.25, { ...idle, memoryRoom: 2 }).workers).toBe(3);
    expect(pool.run(1, idle).workers).toBe(4);
    expect(pool.history.at(-4)?.reason).toBe('there is memory for the least number again');
    expect(pool.run(600, idle).workers).toBe(4);
  });
});

describe('workers that the user keeps for a time of their own', () => {
  /** Numbers of workers after each tick of a rest of this length. */
  const restFor = (seconds: number, idleMs: number): number[] => {
    const pool = new SizedPool({ ...LIMITS, idleMs });
    pool.run(20, { kind: COMPUTING, tasks: 1000 });
    const from = pool.history.length;
    pool.run(seconds, { kind: COMPUTING, tasks: 0 });
    return workersOf(pool).slice(from);
  };

  it('go all at once after that time without a task', () => {
    const workers = restFor(10, 3000);
    const goneAfter = workers.findIndex((count) => count < 4);
    expect([goneAfter * 250, workers[goneAfter]]).toEqual([3000, 1]);
    expect(restFor(1, 0)[0]).toBe(1);
  });

  it('stay for ever with Infinity', () => {
    expect(new Set(restFor(3600, Infinity))).toEqual(new Set([4]));
  });

  it('go later when a task comes in between', () => {
    const pool = new SizedPool({ ...LIMITS, idleMs: 3000 });
    pool.run(20, { kind: COMPUTING, tasks: 1000 });
    for (let round = 0; round < 5; round++) {
      pool.run(2, { kind: COMPUTING, tasks: 0 });
      pool.run(0.25, { kind: COMPUTING, tasks: 4 });
    }
    expect(pool.numbers.workers).toBe(4);
  });

  it('go one by one after that time where some work goes on', () => {
    const steps = (idleMs: number): number => {
      const pool = new SizedPool({ ...LIMITS, idleMs });
      pool.run(20, { kind: COMPUTING, tasks: 1000 });
      const from = pool.history.length;
      pool.run(9, { kind: COMPUTING, tasks: 1 });
      return workersOf(pool)[from + 8 * 4] as number;
    };
    expect([steps(2000), steps(60_000)]).toEqual([1, 4]);
  });
});
