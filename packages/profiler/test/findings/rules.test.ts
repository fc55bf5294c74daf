import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../src/findings/candidate.js';
import { judge } from '../../src/findings/judge.js';
import { RULES } from '../../src/findings/rules/all.js';
import { viewOf } from '../../src/findings/view.js';
import type { RuleId } from '../../src/model/finding.js';
import type { PoolReport } from '../../src/model/pool-report.js';
import type { TaskReport } from '../../src/model/task-report.js';
import { goalOf } from '../../src/replay/play.js';
import { type Measured, recordOf } from '../../src/replay/record-of.js';
import { Draw, drawPool } from '../support/plants/draw.js';
import { measuredOf } from '../support/plants/measured-of.js';
import { simulate } from '../support/plants/simulated.js';
import { PLANTS } from '../support/plants/trials.js';

function planted(rule: RuleId, which = 0, seed = 1): Measured {
  const planter = PLANTS[rule]![which]!;
  const { record, facts } = planter(new Draw(seed));
  const run = simulate(record);
  const measured = measuredOf(run);
  facts?.(measured, measured.pools[0]!, run);
  return measured;
}

function found(measured: Measured): Candidate[] {
  const pool = measured.pools[0]!;
  const record = recordOf(measured, pool);
  const view = viewOf(measured, pool, record, record === null ? 'makespan' : goalOf(record));
  return RULES.flatMap((rule) => rule(view));
}

function fires(rule: RuleId, measured: Measured): boolean {
  return found(measured).some(({ id }) => id === rule);
}

type Change = (pool: PoolReport, measured: Measured) => void;

const eachTask = (pool: PoolReport, change: (task: TaskReport) => void) => pool.byTask.forEach(change);
const move = (
  task: TaskReport,
  from: keyof TaskReport['execution'],
  to: keyof TaskReport['execution'],
  keep: number,
) => {
  const { execution } = task;
  const total = Object.values(execution).reduce((sum, ms) => sum + ms, 0);
  execution[to] += execution[from] - keep * total;
  execution[from] = keep * total;
};

/** A change that brings the evidence of each rule just below its threshold. */
const BELOW: Partial<Record<RuleId, Change>> = {
  R01: (pool) => {
    Object.assign(pool.asked.cores, { meanUsed: pool.asked.cores.available - 0.7, meanNative: 0 });
    eachTask(pool, (task) => move(task, 'offCpuMs', 'cpuMs', 0.4));
  },
  R02: (pool, { run }) => {
    eachTask(pool, (task) => {
      task.execution.runQueueMs = 0.1 * task.execution.cpuMs;
    });
    run.cores = pool.asked.cores.available = pool.asked.workers.peak;
  },
  R03: (pool) =>
    eachTask(pool, ({ codec, latency, segments }) => {
      const rest = latency.totalMs - segments.queueWait.totalMs;
      Object.assign(codec, { inputEncodeMs: 0.19 * rest, inputDecodeMs: 0, outputEncodeMs: 0, outputDecodeMs: 0 });
    }),
  R04: (_, { parent }) => {
    parent.busyShare = 0.71;
  },
  R05: (_, { parent }) => {
    parent.ledger.idleMs = 0;
    parent.ledger.userMs = parent.ledger.wallMs * 0.29;
  },
  R06: (pool) => {
    const { totals } = pool.capacity;
    totals.noWork = 0.29 * pool.capacity.wantedMs;
    totals.notParallel = 0;
  },
  R07: (pool) =>
    eachTask(pool, (task) => {
      task.segments.execution.totalMs *= 1000;
    }),
  R08: (pool) => {
    const { curves } = pool;
    const last = curves.queued.findLastIndex((count) => count >= 0.5);
    curves.workersBusy = curves.workersBusy.map((busy, i) => (i > last ? pool.asked.workers.peak : busy));
  },
  R09: (pool) => {
    for (const worker of pool.workers) worker.relativeTime = 1.1;
  },
  R10: (pool) => {
    for (const worker of pool.workers) worker.busyMs = 1000 * (worker.workerId === 1 ? 1.4 : 1);
  },
  R11: (pool) => {
    const executionMs = pool.byTask[0]!.segments.execution.totalMs;
    for (const section of pool.sections) section.selfMs = 0.24 * executionMs;
  },
  R12: (pool) => {
    eachTask(pool, (task) => move(task, 'gcMs', 'cpuMs', 0.099));
    for (const worker of pool.workers) worker.gcWorstSecondMs = 99;
  },
  R13: (pool, { run }) => {
    const floor = pool.workers[0]!.heapFloor!;
    const left = pool.workers[0]!.heapLimitBytes! - floor.points.at(-1)![1];
    floor.slope = (left / (10.1 * run.wallMs)) * 1000;
    floor.low = floor.slope * 0.9;
  },
  R14: (pool) => {
    pool.asked.concurrency.now = 1;
  },
  R15: (pool) => eachTask(pool, (task) => move(task, 'loopIdleMs', 'offCpuMs', 0.49)),
  R16: (pool) => eachTask(pool, (task) => move(task, 'offCpuMs', 'cpuMs', 0.19)),
  R17: (pool) => {
    pool.capacity.totals.boot = 0.09 * pool.capacity.wantedMs;
    pool.bootWaitMs = 0;
    for (const worker of pool.workers) worker.firstTasksMs = [];
  },
  R18: (pool) => {
    const keep = 0.049 * pool.capacity.wantedMs;
    pool.deaths = pool.deaths.slice(0, 1);
    pool.deaths[0]!.lostMs = Math.max(0, keep - 400);
  },
  R19: (pool) => {
    pool.capacity.executionByEnd = { ok: 952, error: 48, cancelled: 0, timeout: 0, crash: 0, retried: 0 };
  },
  R20: (pool) => {
    pool.cache[0]!.repeatedMs = 0.09 * pool.byTask[0]!.segments.execution.totalMs;
  },
  R21: (pool) => {
    pool.curves.queued = pool.curves.queued.map((_, i) => 50 + (i % 2));
  },
  R23: (pool) =>
    eachTask(pool, ({ latency, segments }) => {
      latency.p99Ms = 9.5 * segments.execution.meanMs;
    }),
  R24: (pool) =>
    eachTask(pool, ({ segments }) => {
      segments.execution.p99Ms = 2.9 * segments.execution.p50Ms;
    }),
  R25: (pool) => {
    pool.curves.workersUp = pool.curves.workersUp.map(() => 0.91 * pool.asked.workers.peak);
    pool.sizing = [];
  },
  R26: (pool) => {
    // Every task takes equally long, at any number of busy workers.
    for (const stamps of pool.spans!.stamps) stamps[6] = stamps[5]! + 10;
  },
  R28: (pool) => {
    pool.tries = 30;
    pool.byTask[0]!.latency.count = 30;
  },
  R30: (pool) => {
    pool.resources[0]!.peakInUse = pool.resources[0]!.budget - 1;
  },
  R31: (pool) => {
    pool.resources[0]!.activeMs = 0.51 * pool.resources[0]!.usage.totalMs;
  },
  R32: (pool) => {
    const [resource] = pool.resources;
    resource!.createMs = 0.049 * pool.byTask[0]!.segments.execution.totalMs;
    resource!.uses = 5 * resource!.created;
  },
  R33: (pool) => {
    const { statements } = pool.resources[0]!;
    statements.hits = 4 * statements.misses;
  },
  R34: (pool) => {
    pool.batches[0]!.fillShare = 0.31;
    eachTask(pool, ({ waits, latency }) => {
      waits.batch.totalMs = 0.29 * latency.totalMs;
    });
  },
  R35: (pool) => {
    pool.cache[0]!.hits = Math.ceil(0.05 * pool.cache[0]!.lookups);
  },
  R36: (pool) =>
    eachTask(pool, ({ waits, latency }) => {
      waits.limit.totalMs = 0.19 * latency.totalMs;
    }),
  R37: (pool) => {
    const [failure] = pool.byTask[0]!.errors;
    failure!.succeededAfterRetry = Math.ceil(0.51 * failure!.retried);
  },
};

describe.each(Object.keys(PLANTS).filter((id) => id !== 'R29') as RuleId[])('rule %s', (rule) => {
  it('fires on its plant, with evidence, and an advice', () => {
    for (let which = 0; which < PLANTS[rule]!.length; which++) {
      const finding = found(planted(rule, which)).find(({ id }) => id === rule);
      expect(finding).toBeDefined();
      expect(finding!.title).toMatch(/^[^a-z]{4}/);
      expect(finding!.text).toMatch(/\d/);
      expect(finding!.evidence.length).toBeGreaterThan(0);
      expect(finding!.advice.length).toBeGreaterThan(0);
      for (const { source, value } of finding!.evidence) {
        expect(source).not.toBe('');
        expect(Number.isFinite(value)).toBe(true);
      }
      for (const { text } of finding!.advice) expect(text).toMatch(/[A-Z].*[.`]/);
      expect(JSON.stringify(finding)).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  it('is silent just below its threshold', () => {
    const measured = planted(rule);
    expect(fires(rule, measured)).toBe(true);
    BELOW[rule]!(measured.pools[0]!, measured);
    expect(fires(rule, measured)).toBe(false);
  });
});

describe('rules without a saving', () => {
  it('R22: tasks wait though places are free', () => {
    const measured = measuredOf(simulate(drawPool(new Draw(2), { workers: 4, arrivals: 'open', load: 0.3 })));
    const waitFor = (share: number) => {
      for (const task of measured.pools[0]!.byTask) task.segments.queueWait.totalMs = share * task.latency.totalMs;
      return fires('R22', measured);
    };
    expect(waitFor(0.21)).toBe(true);
    expect(waitFor(0.19)).toBe(false);
  });

  it('R27: throughput falls with further workers', () => {
    const measured = measuredOf(simulate(drawPool(new Draw(1), { workers: 8, arrivals: 'batch' })));
    const [pool] = measured.pools;
    const windows = Array.from({ length: 320 }, (_, i) => 1 + (i % 8));
    const rateOf = (workers: number, kappa: number) =>
      (100 * workers) / (1 + 0.02 * (workers - 1) + kappa * workers * (workers - 1));
    const withLaw = (kappa: number) => {
      const curves = pool!.curves;
      Object.assign(curves, { atMs: windows.map((_, i) => i * 100), windowMs: 100, workersBusy: windows });
      Object.assign(curves, {
        queued: windows.map(() => 5),
        unsettled: windows.map(() => 9),
        arrived: windows.map(() => 1),
      });
      curves.settled = windows.map((workers) => rateOf(workers, kappa) / 10);
      return fires('R27', measured);
    };
    expect(withLaw(0.06)).toBe(true);
    expect(withLaw(0.001)).toBe(false);
  });
});

describe('unusual input', () => {
  const isClean = (value: unknown): boolean => {
    if (typeof value === 'number') return Number.isFinite(value);
    if (typeof value === 'string') return !/NaN|Infinity|undefined/.test(value);
    return typeof value !== 'object' || value === null || Object.values(value).every(isClean);
  };

  it('gives a report without NaN for pools without tasks, and with one', () => {
    const measured = planted('R28');
    expect(isClean(judge({ ...measured, pools: [] }))).toBe(true);
    expect(judge({ ...measured, pools: [] }).verdict.kind).toBe('nothing');
    const [pool] = measured.pools;
    const empty = {
      ...pool!,
      tasks: 0,
      tries: 0,
      byTask: [],
      activeMs: 0,
      workers: [],
      spans: undefined,
    } as never as PoolReport;
    expect(isClean(judge({ ...measured, pools: [empty] }))).toBe(true);
    const one = measuredOf(simulate(drawPool(new Draw(1), { workers: 1, tasks: 1 })));
    expect(isClean(judge(one))).toBe(true);
    expect(judge(one).verdict.kind).toBe('unknown');
  });

  it.each([NaN, Infinity, -1, 1e300, 0])('stays finite if every number is %s', (odd) => {
    const spoil = (value: unknown, depth = 0): unknown => {
      if (typeof value === 'number') return odd;
      if (Array.isArray(value))
        return (depth > 3 ? value.slice(0, 5) : value.slice(0, 40)).map((each) => spoil(each, depth + 1));
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, spoil(each, depth + 1)]));
    };
    for (const rule of ['R08', 'R18', 'R30', 'R34'] as const) {
      const measured = spoil(planted(rule)) as Measured;
      measured.pools[0]!.tries = 100;
      measured.pools[0]!.spans!.kept = measured.pools[0]!.spans!.stamps.length;
      measured.pools[0]!.asked.workers.peak = 2;
      measured.pools[0]!.peakWorkers = 2;
      expect(isClean(judge(measured))).toBe(true);
    }
  });
});
