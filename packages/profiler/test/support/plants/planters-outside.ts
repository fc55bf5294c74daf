import type { ResourceReport } from '../../../src/model/io.js';
import { mergedRows } from '../../../src/replay/merge.js';
import { withRows } from '../../../src/replay/what-if.js';
import { durationsOf } from '../sample-report.js';
import { type Draw, drawPool, eachRow } from './draw.js';
import { numberOf, type Planter } from './plant.js';
import type { Simulated } from './simulated.js';

function resourceOf(
  run: Simulated,
  budget: number,
  activeShare: number,
  more: Partial<ResourceReport> = {},
): ResourceReport {
  const { record, stamps } = run;
  const { rows } = record;
  const usage = durationsOf(Array.from(rows.wait));
  const acquire: number[] = [];
  for (let row = 0; row < rows.count; row++) {
    const x = stamps[row * 10 + 6]! - stamps[row * 10 + 5]!;
    acquire.push(Math.max(0, x - rows.cpu[row]! - rows.wait[row]! - run.meter.runQueueMs[row]!));
  }
  return {
    ...{ name: 'orders-db', task: record.names[0]!, budget, open: budget, peakInUse: budget },
    ...{
      acquire: durationsOf(acquire),
      usage,
      activeMs: usage.totalMs * activeShare,
      created: budget,
      createMs: 20 * budget,
    },
    ...{ uses: rows.count, statements: { hits: rows.count, misses: 1, prepareMs: 1, examples: [] }, ...more },
  };
}

function dbPool(draw: Draw) {
  const workers = draw.whole(6, 12);
  const record = drawPool(draw, {
    workers,
    work: 'wait',
    arrivals: 'batch',
    meanMs: draw.scale(10, 40),
    names: 1,
    lengthMs: 3000,
  });
  return { workers, record };
}

export const scarce: Planter = (draw) => {
  const { workers, record } = dbPool(draw);
  const budget = draw.whole(2, Math.floor(workers / 2));
  record.byName[0]!.budget = budget;
  return {
    record,
    facts: (_, pool, run) => pool.resources.push(resourceOf(run, budget, draw.between(0.7, 1))),
    fixed: (finding) => ({ ...record, byName: [{ ...record.byName[0]!, budget: numberOf(finding) }] }),
  };
};

export const heldIdle: Planter = (draw) => {
  const { workers, record } = dbPool(draw);
  const budget = draw.whole(2, Math.floor(workers / 2));
  const active = draw.between(0.15, 0.4);
  record.byName[0]!.budget = budget;
  return {
    record,
    facts: (_, pool, run) => pool.resources.push(resourceOf(run, budget, active)),
    fixed: () => ({ ...record, byName: [{ ...record.byName[0]!, holdShare: active }] }),
  };
};

function fullPool(draw: Draw) {
  const workers = draw.whole(2, 6);
  const record = drawPool(draw, { workers, work: 'wait', meanMs: draw.scale(10, 50), names: 1 });
  record.arrivals = { kind: 'closed', cap: workers, thinkMs: 0 };
  const share = draw.between(0.2, 0.6);
  const total = record.rows.wait.reduce((sum, ms) => sum + ms, 0) * share;
  const fixed = () => withRows((rows, row) => (rows.wait[row]! *= 1 - share))(record);
  return { record, total, fixed };
}

export const reconnects: Planter = (draw) => {
  const { record, total, fixed } = fullPool(draw);
  const each = draw.pick([1, 2, 4]);
  const created = Math.floor(record.rows.count / each);
  return {
    record,
    fixed,
    facts: (_, pool, run) => pool.resources.push(resourceOf(run, 64, 0.9, { created, createMs: total, peakInUse: 3 })),
  };
};

export const prepares: Planter = (draw) => {
  const { record, total, fixed } = fullPool(draw);
  const misses = Math.round(record.rows.count * draw.between(0.5, 1));
  const statements = { hits: record.rows.count - misses, misses, prepareMs: total, examples: ['SELECT 1', 'SELECT 2'] };
  return {
    record,
    fixed,
    facts: (_, pool, run) => pool.resources.push(resourceOf(run, 64, 0.9, { peakInUse: 3, statements })),
  };
};

export const lateBatches: Planter = (draw) => {
  const workers = draw.whole(2, 5);
  const record = drawPool(draw, {
    workers,
    work: draw.pick(['cpu', 'block'] as const),
    arrivals: 'open',
    meanMs: draw.scale(5, 15),
    load: draw.between(0.1, 0.4),
    names: 1,
  });
  const maxWaitMs = draw.between(20, 80);
  eachRow(record, (row) => (record.rows.hold[row] = maxWaitMs * draw.between(0.95, 1)));
  return {
    record,
    facts: (_, pool) => {
      const [task] = pool.byTask;
      task!.waits = { ...task!.waits, batch: task!.waits.limit, limit: task!.waits.batch };
      pool.spans!.batchWaitMs = pool.spans!.limitWaitMs;
      pool.spans!.limitWaitMs = pool.spans!.limitWaitMs.map(() => 0);
      pool.batches.push({
        ...{
          task: task!.task,
          batches: record.rows.count,
          items: record.rows.count,
          fillShare: 0.02,
          size: 50,
          maxWaitMs,
        },
        ...{ waitMs: task!.waits.batch, byReason: { time: record.rows.count } },
      });
    },
    fixed: () => withRows((rows, row) => (rows.hold[row] = 0))(record),
  };
};

export const smallBatches: Planter = (draw) => {
  const workers = draw.whole(2, 4);
  const record = drawPool(draw, { workers, arrivals: 'batch', meanMs: draw.scale(10, 30), sigma: 0.1, names: 1 });
  const fixedMs = record.rows.cpu.reduce((sum, ms) => sum + ms, 0) / record.rows.count;
  const perItem = fixedMs * draw.between(0.02, 0.15);
  eachRow(record, (row) => {
    record.rows.items[row] = draw.whole(1, 4);
    record.rows.cpu[row]! += perItem * record.rows.items[row];
  });
  const items = record.rows.items.reduce((sum, each) => sum + each, 0);
  return {
    record,
    facts: (_, pool) => {
      const [task] = pool.byTask;
      // Every item has a span of its own; those of one call have equal stamps.
      const spans = pool.spans!;
      const places = spans.task.flatMap((_each, row) => Array.from({ length: record.rows.items[row]! }, () => row));
      for (const column of [
        'attempt',
        'workerId',
        'outcome',
        'weight',
        'stamps',
        'limitWaitMs',
        'batchWaitMs',
        'encodeMs',
        'backoffMs',
        'inputBytes',
        'outputBytes',
        'task',
      ] as const) {
        spans[column] = places.map((row) => spans[column][row]) as never;
      }
      spans.taskId = places.map((_place, i) => i);
      spans.kept = spans.of = items;
      pool.batches.push({
        ...{
          task: task!.task,
          batches: record.rows.count,
          items,
          fillShare: items / record.rows.count / 50,
          size: 50,
          maxWaitMs: 0,
        },
        ...{ waitMs: durationsOf([0]), byReason: { time: record.rows.count } },
      });
    },
    fixed: () => mergedRows(record, Math.max(1, Math.min(50, Math.ceil((8 * items) / record.rows.count))), { fixedMs }),
  };
};

export const neverHit: Planter = (draw) => {
  const workers = draw.whole(4, 8);
  const lookupMs = draw.between(0.2, 0.5);
  const record = drawPool(draw, {
    workers,
    meanMs: lookupMs * workers * draw.between(0.3, 0.6),
    names: 1,
    tasks: draw.whole(4000, 8000),
    arrivals: 'batch',
  });
  eachRow(record, (row) => (record.rows.inputEncode[row]! += lookupMs * draw.between(0.8, 1.2)));
  return {
    record,
    facts: (_, pool) =>
      pool.cache.push({
        ...{
          task: pool.byTask[0]!.task,
          lookups: record.rows.count,
          hits: 0,
          stale: 0,
          coalesced: 0,
          misses: record.rows.count,
        },
        ...{
          evicted: record.rows.count - 1000,
          missMs: 1,
          lookupMs,
          exampleKeys: ['{"at":1}', '{"at":2}'],
          repeatedMs: 0,
          inputs: 300,
        },
      }),
    fixed: () =>
      withRows((rows, row) => (rows.inputEncode[row] = Math.max(0, rows.inputEncode[row]! - lookupMs)))(record),
  };
};

export const limitedByRate: Planter = (draw) => {
  const workers = draw.whole(2, 6);
  const record = drawPool(draw, {
    workers,
    arrivals: 'open',
    load: draw.between(0.4, 0.7),
    names: 1,
    tasks: draw.whole(400, 1500),
  });
  const { rows } = record;
  const interval = ((rows.at.at(-1)! - rows.at[0]!) / rows.count) * draw.between(1.3, 2.5);
  let next = 0;
  eachRow(record, (row) => {
    const at = Math.max(rows.at[row]!, next);
    next = at + interval;
    rows.hold[row] = at - rows.at[row]!;
  });
  return {
    record,
    facts: (_, pool) => {
      const limit = { option: 'rateLimit', max: Math.round(1e6 / interval), perMs: 1_000_000 } as const;
      pool.byTask[0]!.asked.limits = [{ ...limit, unit: 'calls', isByKey: false, blockedMs: 1 }];
    },
    fixed: () => withRows((each, row) => (each.hold[row] = 0))(record),
  };
};

/** Risks, and runs that allow no verdict. */
export const leaking: Planter = (draw) => {
  const record = drawPool(draw, { workers: draw.whole(2, 4) });
  return {
    record,
    facts: (measured, pool) => {
      const worker = pool.workers[0]!;
      const limit = worker.heapLimitBytes!;
      const seconds = measured.run.wallMs / 1000;
      const slope = (limit / seconds) * draw.between(0.15, 0.6);
      const points = Array.from({ length: 12 }, (_, i): [number, number] => [
        (i * seconds * 1000) / 11,
        30e6 + (slope * i * seconds) / 11,
      ]);
      worker.heapFloor = { slope, low: slope * 0.9, high: slope * 1.1, points };
      worker.heapPeakBytes = points.at(-1)![1];
    },
  };
};

export const overloaded: Planter = (draw) => {
  const record = drawPool(draw, {
    workers: draw.whole(2, 5),
    arrivals: 'open',
    load: draw.between(1.3, 2.2),
    lengthMs: 8000,
  });
  return {
    record,
    facts: (_, pool) => {
      pool.asked.queue.max = Math.ceil(pool.asked.queue.peak * draw.between(1.5, 5));
    },
  };
};

export const tooShort: Planter = (draw) => ({
  record: drawPool(draw, { workers: draw.whole(1, 4), tasks: draw.whole(1, 29) }),
});
