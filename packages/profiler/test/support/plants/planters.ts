import { hedged } from '../../../src/findings/rules/feeding.js';
import { withoutDeaths } from '../../../src/findings/rules/starts.js';
import { longestFirst, splitLong } from '../../../src/findings/rules/straggler.js';
import { mergedRows } from '../../../src/replay/merge.js';
import { ENDS, pickRows } from '../../../src/replay/rows.js';
import type { RunRecord } from '../../../src/replay/run-record.js';
import { withRows, withWorkers } from '../../../src/replay/what-if.js';
import { quantile } from '../../../src/statistics/quantile.js';
import { type Draw, drawPool, eachRow } from './draw.js';
import { numberOf, type Planter } from './plant.js';

/** Pools whose workers are too few, too many, blocked, unfed or slow. */
export const tooFew: Planter = (draw) => {
  const workers = draw.whole(2, 4);
  const work = draw.pick(['cpu', 'block'] as const);
  const record = drawPool(draw, {
    workers,
    work,
    cores: workers * draw.between(2, 4),
    arrivals: 'batch',
    meanMs: draw.scale(5, 40),
  });
  return { record, fixed: (finding) => withWorkers(numberOf(finding))(record) };
};

export const tooMany: Planter = (draw) => {
  const cores = draw.whole(2, 4);
  const workers = cores * draw.whole(3, 4);
  const meanMs = draw.scale(8, 20);
  const record = drawPool(draw, { workers, cores, arrivals: 'open', meanMs, sigma: 0.2, names: 1, tasks: 3000 });
  record.switching = draw.between(0.2, 0.5);
  // Waves of several sizes, so that the number of busy workers differs.
  let [at, left] = [1, 0];
  eachRow(record, (row) => {
    if (left-- <= 0) {
      left = draw.whole(1, 4 * cores);
      at += ((left * meanMs) / cores) * (1 + 2 * record.switching) * draw.between(1.3, 1.7);
    }
    record.rows.at[row] = at + draw.between(0, 2);
  });
  record.rows.at.sort();
  return { record, fixed: (finding) => withWorkers(numberOf(finding))(record) };
};

export const bigValues: Planter = (draw) => {
  const workers = draw.whole(2, 4);
  const meanMs = draw.scale(2, 12);
  const record = drawPool(draw, { workers, meanMs });
  const cost = meanMs * draw.between(0.4, 1.2);
  const [toIn, size] = [draw.between(0.5, 0.9), draw.scale(1e5, 5e6)];
  eachRow(record, (row) => {
    const ms = cost * draw.between(0.8, 1.2);
    record.rows.inputEncode[row]! += (ms * toIn) / 3;
    record.rows.decode[row]! += (ms * toIn) / 1.5;
    record.rows.reply[row]! += (ms * (1 - toIn)) / 1.5;
    record.rows.settle[row]! += (ms * (1 - toIn)) / 3;
  });
  return {
    record,
    facts: (_, pool) => {
      for (const task of pool.byTask) {
        task.bytesIn = { total: size * toIn * task.tries, mean: size * toIn, max: size };
        task.bytesOut = { total: size * (1 - toIn) * task.tries, mean: size * (1 - toIn), max: size };
      }
      pool.spans!.inputBytes = pool.spans!.inputBytes.map(() => size * toIn);
      pool.spans!.outputBytes = pool.spans!.outputBytes.map(() => size * (1 - toIn));
    },
    fixed: () =>
      withRows((rows, row) => {
        for (const part of ['inputEncode', 'decode', 'reply', 'settle'] as const) rows[part][row] = 0;
      })(record),
  };
};

export const slowWay: Planter = (draw) => {
  const meanMs = draw.scale(2, 10);
  const record = drawPool(draw, { workers: draw.whole(2, 6), meanMs });
  const way = meanMs * draw.between(0.35, 1);
  eachRow(record, (row) => {
    record.rows.wayIn[row] = way * draw.between(0.7, 1.3);
    record.rows.wayOut[row] = way * draw.between(0.7, 1.3);
  });
  return { record, fixed: () => withRows((rows, row) => (rows.wayIn[row] = rows.wayOut[row] = 0))(record) };
};

export const blockedMain: Planter = (draw) => {
  const record = drawPool(draw, { workers: draw.whole(2, 6), meanMs: draw.scale(4, 20) });
  const length = draw.between(30, 120);
  const gap = length * draw.between(0.05, 0.4);
  for (let at = 5; at < 60_000; at += length + gap) record.user.push({ atMs: at, ms: length * draw.between(0.9, 1.1) });
  return { record, fixed: () => ({ ...record, user: [] }) };
};

export const unfed: Planter = (draw) => {
  const workers = draw.whole(3, 8);
  const cap = draw.whole(1, Math.floor(workers / 2));
  const record = drawPool(draw, {
    workers,
    work: draw.pick(['cpu', 'block'] as const),
    meanMs: draw.scale(5, 40),
    tasks: draw.whole(200, 800),
  });
  record.arrivals = { kind: 'closed', cap, thinkMs: draw.between(0, 0.1) };
  return {
    record,
    fixed: (finding) => ({ ...record, arrivals: { kind: 'closed', cap: numberOf(finding), thinkMs: 0 } }),
  };
};

export const tiny: Planter = (draw) => {
  const record = drawPool(draw, {
    workers: draw.whole(2, 4),
    meanMs: draw.scale(0.005, 0.04),
    tasks: draw.whole(6000, 12_000),
    names: 1,
  });
  const cost = draw.between(0.03, 0.08);
  eachRow(record, (row) => {
    for (const part of ['inputEncode', 'dispatch', 'settle'] as const)
      record.rows[part][row] = cost * draw.between(0.7, 1.3);
  });
  if (record.arrivals.kind === 'closed') record.arrivals = { kind: 'open' };
  return { record, fixed: (finding) => mergedRows(record, numberOf(finding)) };
};

export const lateLong: Planter = (draw) => {
  const workers = draw.whole(3, 6);
  const isOne = draw.chance(0.5);
  const record = drawPool(draw, {
    workers,
    arrivals: 'batch',
    tasks: draw.whole(300, 600),
    meanMs: draw.scale(20, 50),
    names: 2,
  });
  const even = record.rows.cpu.reduce((sum, ms) => sum + ms, 0) / workers;
  const count = isOne ? 1 : draw.whole(1, Math.max(1, Math.floor(workers / 3)));
  for (let k = 0; k < count; k++) {
    const row = record.rows.count - 1 - draw.whole(0, 3) - k * 4;
    record.rows.cpu[row] = even * (isOne ? draw.between(0.9, 1.6) : draw.between(0.4, 0.65));
    record.rows.name[row] = 1;
  }
  const pieceMs = () => record.rows.cpu.reduce((sum, ms) => sum + ms, 0) / workers / 4;
  return {
    record,
    fixed: ({ advice }) => (advice[0]!.text.startsWith('Split') ? splitLong(record, pieceMs()) : longestFirst(record)),
  };
};

export const sick: Planter = (draw) => {
  const workers = draw.whole(2, 4);
  const record = drawPool(draw, { workers, meanMs: draw.scale(5, 25), sigma: draw.between(0.1, 0.5) });
  const worker = draw.whole(0, workers - 1);
  record.workers[worker]!.slowdown = draw.between(2, 4);
  return { record, fixed: () => ({ ...record, workers: record.workers.map((each) => ({ ...each, slowdown: 1 })) }) };
};

export const keyed: Planter = (draw) => {
  const workers = draw.whole(3, 6);
  const record = drawPool(draw, { workers, meanMs: draw.scale(5, 25), arrivals: 'batch' });
  const hot = draw.between(0.5, 0.75);
  eachRow(record, (row) => (record.rows.home[row] = draw.chance(hot) ? 0 : draw.whole(0, workers - 1)));
  return { record, fixed: () => withRows((rows, row) => (rows.home[row] = -1))(record) };
};

export const neighbour: Planter = (draw) => {
  const workers = draw.whole(2, 3);
  const concurrency = draw.whole(6, 12);
  const record = drawPool(draw, {
    workers,
    concurrency,
    work: 'wait',
    arrivals: 'open',
    meanMs: draw.scale(8, 25),
    load: 0.15,
    names: 2,
    tasks: 1500,
  });
  const long = draw.between(90, 220);
  const gap = (record.rows.at.at(-1)! - record.rows.at[0]!) / record.rows.count;
  // The blocking ones take two fifths of each thread.
  const every = Math.max(3, Math.round(long / (gap * workers * draw.between(0.3, 0.45))));
  eachRow(record, (row) => {
    record.rows.name[row] = row % every === 0 ? 1 : 0;
    if (row % every !== 0) return;
    record.rows.wait[row] = 0;
    record.rows.cpu[row] = long * draw.between(0.7, 1.3);
  });
  return { record, fixed: () => ({ ...record, sliceMs: 5 }) };
};

export const waiting: Planter = (draw) => {
  const workers = draw.whole(2, 4);
  const record = drawPool(draw, {
    workers,
    concurrency: draw.pick([1, 1, 2, 4]),
    work: 'wait',
    arrivals: 'batch',
    meanMs: draw.scale(10, 60),
  });
  return { record, fixed: (finding) => ({ ...record, concurrency: numberOf(finding) }) };
};

/** Handlers await native threads, and most cores are free. */
export const waitingForNative: Planter = (draw) => {
  const workers = draw.whole(1, 3);
  const record = drawPool(draw, {
    ...{ workers, work: 'native', arrivals: 'batch', meanMs: draw.scale(10, 60) },
    cores: workers * draw.between(2.5, 5),
  });
  return { record, fixed: (finding) => ({ ...record, concurrency: numberOf(finding) }) };
};

export const blocking: Planter = (draw) => {
  const workers = draw.whole(2, 6);
  const record = drawPool(draw, { workers, work: 'block', meanMs: draw.scale(8, 40) });
  const computing = draw.between(0.05, 0.4);
  eachRow(record, (row) => {
    record.rows.cpu[row] = record.rows.block[row]! * computing;
    record.rows.block[row]! *= 1 - computing;
  });
  const async = withRows((rows, row) => {
    rows.wait[row]! += rows.block[row]!;
    rows.block[row] = 0;
  });
  return {
    record,
    // There is no memory for further workers.
    facts: (_, pool) => {
      pool.asked.memory = { limitBytes: 4e9, peakBytes: 3.5e9, perWorkerBytes: 3.5e9 / workers };
      for (const worker of pool.workers) worker.rssPeakBytes = 3.5e9 / workers;
    },
    fixed: (finding) => ({ ...async(record)!, concurrency: numberOf(finding) }),
  };
};

/** Pools whose time goes to starts, deaths, waste and collectors. */
export const coldRecycle: Planter = (draw) => {
  const meanMs = draw.scale(5, 20);
  const record = drawPool(draw, { workers: draw.whole(2, 4), meanMs });
  record.recycle = { afterTasks: draw.whole(1, 4), bootMs: draw.between(40, 150) };
  return {
    record,
    fixed: (finding) => ({ ...record, recycle: { ...record.recycle!, afterTasks: numberOf(finding) } }),
  };
};

export const coldBegin: Planter = (draw) => {
  const record = drawPool(draw, { workers: draw.whole(2, 5), lengthMs: 4000, arrivals: 'batch' });
  const boot = draw.between(1200, 3000);
  for (const worker of record.workers) worker.readyMs = boot * draw.between(0.95, 1.05);
  const workers = record.workers.map((worker) => ({ ...worker, readyMs: 0 }));
  return { record, fixed: () => ({ ...record, workers }) };
};

export const dying: Planter = (draw) => {
  const base = drawPool(draw, { workers: draw.whole(2, 4), arrivals: 'batch', meanMs: draw.scale(8, 30) });
  base.rebootMs = draw.between(100, 300);
  const share = draw.between(0.03, 0.08);
  const record = withTries(base, draw, share, 1, ENDS.crash);
  return {
    record,
    facts: (_, pool, run) => {
      for (let row = 0; row < record.rows.count; row++) {
        if (record.rows.ends[row] !== ENDS.crash) continue;
        const lostMs = run.stamps[row * 10 + 6]! - run.stamps[row * 10 + 5]!;
        pool.deaths.push({
          workerId: run.worker[row]! + 1,
          atMs: run.stamps[row * 10 + 6]!,
          why: 'signal SIGSEGV',
          section: '',
          lostMs,
        });
      }
    },
    fixed: () => withoutDeaths(record),
  };
};

/** Some rows fail, and are tried again. */
function withTries(base: RunRecord, draw: Draw, share: number, tries: number, end: number): RunRecord {
  const places: number[] = [];
  const after: number[] = [];
  const ends: number[] = [];
  for (let row = 0; row < base.rows.count; row++) {
    const fails = draw.chance(share);
    places.push(row);
    after.push(-1);
    ends.push(fails ? end : ENDS.ok);
    for (let k = 0; fails && k < tries; k++) {
      places.push(row);
      after.push(places.length - 2);
      ends.push(end === ENDS.crash ? ENDS.ok : end);
    }
  }
  const rows = pickRows(base.rows, places);
  rows.after.set(after);
  rows.ends.set(ends);
  for (let row = 0; row < rows.count; row++) rows.backoff[row] = after[row]! >= 0 ? 1 : 0;
  return { ...base, rows };
}

export const failing: Planter = (draw) => {
  const record = drawPool(draw, { workers: draw.whole(2, 5) });
  const share = draw.between(0.15, 0.4);
  eachRow(record, (row) => (record.rows.ends[row] = draw.chance(share) ? ENDS.failed : ENDS.ok));
  return {
    record,
    fixed: () =>
      withRows((rows, row) => {
        if (rows.ends[row] === ENDS.failed) rows.cpu[row] = 0;
      })(record),
  };
};

export const storm: Planter = (draw) => {
  const base = drawPool(draw, { workers: draw.whole(2, 5), names: 1, arrivals: 'batch' });
  const record = withTries(base, draw, draw.between(0.2, 0.4), draw.whole(2, 3), ENDS.failed);
  return {
    record,
    fixed: () => {
      const kept = Array.from({ length: record.rows.count }, (_, row) => row).filter(
        (row) => record.rows.after[row]! < 0,
      );
      return { ...record, rows: pickRows(record.rows, kept) };
    },
  };
};

export const collecting: Planter = (draw) => {
  const record = drawPool(draw, { workers: draw.whole(2, 6) });
  const share = draw.between(0.15, 0.5);
  eachRow(record, (row) => {
    record.rows.gc[row] = record.rows.cpu[row]! * share * draw.between(0.5, 1.5);
    record.rows.cpu[row]! *= 1 - share;
  });
  return { record, fixed: () => withRows((rows, row) => (rows.gc[row] = 0))(record) };
};

export const hot: Planter = (draw) => {
  const record = drawPool(draw, { workers: draw.whole(2, 5), names: 1 });
  const share = draw.between(0.35, 0.9);
  return {
    record,
    facts: (_, pool) => {
      const [task] = pool.byTask;
      const { execution } = task!.segments;
      const section = (name: string, part: number) => ({
        ...{ ...execution, totalMs: execution.totalMs * part, meanMs: execution.meanMs * part },
        ...{
          task: task!.task,
          name,
          path: [name],
          ...{ selfMs: execution.totalMs * part, calledMs: execution.totalMs * part, awaitedMs: 0 },
          stddevMs: 0,
          share: part,
          errors: 0,
        },
        ...{ counters: {}, memory: null, meanConcurrency: 1, peak: 1, byWorker: [] },
      });
      pool.sections = [
        section('parse', share),
        section('store', (1 - share) * 0.6),
        section('read', (1 - share) * 0.3),
      ];
    },
    fixed: () => withRows((rows, row) => (rows.cpu[row]! *= 1 - share / 2))(record),
  };
};

export const repeated: Planter = (draw) => {
  const record = drawPool(draw, { workers: draw.whole(2, 5), names: 1 });
  const share = draw.between(0.25, 0.7);
  const again = Array.from({ length: record.rows.count }, () => draw.chance(share));
  return {
    record,
    facts: (_, pool, run) => {
      let repeatedMs = 0;
      for (const [row, is] of again.entries())
        if (is) repeatedMs += run.stamps[row * 10 + 6]! - run.stamps[row * 10 + 5]!;
      pool.cache.push({
        ...{
          task: pool.byTask[0]!.task,
          lookups: 0,
          hits: 0,
          stale: 0,
          coalesced: 0,
          misses: 0,
          evicted: 0,
          missMs: 0,
        },
        ...{ lookupMs: 0, exampleKeys: [], repeatedMs: repeatedMs * draw.between(0.95, 1.05), inputs: 300 },
      });
    },
    fixed: () =>
      withRows((rows, row) => {
        if (!again[row]) return;
        for (const part of ['cpu', 'decode', 'reply', 'wayIn', 'wayOut'] as const) rows[part][row] = 0;
      })(record),
  };
};

export const lateWorkers: Planter = (draw) => {
  const workers = draw.whole(3, 8);
  const record = drawPool(draw, { workers, arrivals: 'batch', lengthMs: draw.between(4000, 8000), sigma: 0.3 });
  const step = draw.between(0.4, 0.9) * (6000 / workers);
  const boot = 50;
  for (const [i, worker] of record.workers.entries()) worker.readyMs = boot + i * step;
  const first = record.workers.map((worker) => ({ ...worker, readyMs: boot }));
  return {
    record,
    facts: (_, pool) => {
      // A worker counts from the start that the pool decided on: before that, none was wanted.
      for (const [i, worker] of pool.workers.entries()) {
        const absentMs = Math.max(0, worker.capacity.boot - boot);
        worker.capacity.boot -= absentMs;
        worker.upMs -= absentMs;
        worker.bootMs = boot;
        pool.capacity.totals.boot -= absentMs;
        pool.capacity.wantedMs -= absentMs;
        pool.capacity.upMs -= absentMs;
        if (i > 0)
          pool.sizing.push({ atMs: record.workers[i]!.readyMs - boot, from: i, to: i + 1, reason: 'tasks wait' });
      }
      pool.asked.workers = { ...pool.asked.workers, min: 1, isSet: false };
      pool.asked.set = [];
    },
    fixed: () => ({ ...record, workers: first }),
  };
};

export const crowded: Planter = (draw) => {
  const workers = draw.whole(5, 8);
  const record = drawPool(draw, {
    workers,
    work: draw.pick(['block', 'wait'] as const),
    cores: workers + 1,
    arrivals: 'open',
    meanMs: draw.scale(8, 20),
    sigma: draw.between(0.1, 0.4),
    names: 1,
    tasks: 1500,
  });
  const b = draw.between(0.28, 0.5);
  record.byName[0]!.contention = b;
  let [at, left] = [1, 0];
  const alone =
    record.rows.count === 0
      ? 10
      : (record.rows.block.reduce((s, x) => s + x, 0) + record.rows.wait.reduce((s, x) => s + x, 0)) /
        record.rows.count;
  eachRow(record, (row) => {
    if (left-- <= 0) {
      left = draw.whole(1, 5 * workers);
      at += left * alone * draw.between(0.8, 1.2);
    }
    record.rows.at[row] = at + draw.between(0, 3);
  });
  record.rows.at.sort();
  return {
    record,
    fixed: (finding) => ({ ...record, byName: [{ ...record.byName[0]!, limit: numberOf(finding) }] }),
  };
};

export const behindLong: Planter = (draw) => {
  const workers = draw.whole(4, 8);
  const shortMs = draw.scale(2, 8);
  const longMs = draw.between(500, 1500);
  const record = drawPool(draw, {
    workers,
    arrivals: 'open',
    meanMs: shortMs,
    load: draw.between(0.05, 0.15),
    names: 2,
    tasks: 2000,
  });
  const { rows } = record;
  eachRow(record, (row) => (rows.name[row] = 0));
  // Long tasks come in bursts of as many as there are workers.
  const lengthMs = rows.at.at(-1)!;
  const bursts = Math.max(2, Math.round((lengthMs * draw.between(0.3, 0.45)) / longMs));
  for (let burst = 0; burst < bursts; burst++) {
    const from = Math.floor(((burst + 0.3) * rows.count) / bursts);
    for (let k = 0; k < workers * draw.between(1, 1.5); k++) {
      rows.name[from + k] = 1;
      rows.cpu[from + k] = longMs * draw.between(0.7, 1.3);
      rows.at[from + k] = rows.at[from]!;
    }
  }
  return {
    record,
    fixed: (finding) => ({
      ...record,
      byName: [record.byName[0]!, { ...record.byName[1]!, limit: numberOf(finding) }],
    }),
  };
};

export const groups: Planter = (draw) => {
  const workers = draw.whole(8, 14);
  const meanMs = draw.scale(5, 20);
  const record = drawPool(draw, { workers, meanMs, sigma: 0.15, names: 1, tasks: draw.whole(1500, 2500) });
  const size = draw.whole(Math.max(24, workers), 36);
  const share = draw.between(0.03, 0.04);
  const factor = draw.between(8, 15);
  eachRow(record, (row) => {
    if (draw.chance(share)) record.rows.cpu[row]! *= factor;
  });
  record.arrivals = {
    kind: 'rounds',
    sizes: Array.from({ length: Math.ceil(record.rows.count / size) }, () => size),
    thinkMs: 0.1,
  };
  const p95 = quantile(record.rows.cpu, 0.95);
  return { record, fixed: () => hedged(0, p95, quantile(record.rows.cpu, 0.5))(record) };
};
