import { describe, expect, it } from 'vitest';
import type { RuleId } from '../../src/model/finding.js';
import { arrivalsOf } from '../../src/replay/arrivals.js';
import { calibrate } from '../../src/replay/calibrate.js';
import { goalOf } from '../../src/replay/play.js';
import { recordOf } from '../../src/replay/record-of.js';
import { emptyRows } from '../../src/replay/rows.js';
import type { RunRecord } from '../../src/replay/run-record.js';
import { Draw, drawPool } from '../support/plants/draw.js';
import { healthyPools } from '../support/plants/healthy.js';
import { measuredOf } from '../support/plants/measured-of.js';
import { simulate } from '../support/plants/simulated.js';
import { PLANTS } from '../support/plants/trials.js';
import { sampleReport } from '../support/sample-report.js';

function measuredFrom(seed: number, rule: RuleId = 'R29') {
  const planters = rule === 'R29' ? healthyPools : PLANTS[rule]!;
  const run = simulate(planters[seed % planters.length]!(new Draw(seed)).record);
  return measuredOf(run);
}

describe('record of a run', () => {
  it('replays as long as the run was, from its spans', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const measured = measuredFrom(seed);
      const { lengthError, latencyError, record } = calibrate(recordOf(measured, measured.pools[0]!)!);
      expect(record.source).toBe('spans');
      expect(lengthError).toBeLessThan(0.05);
      expect(latencyError).toBeLessThan(0.1);
    }
  });

  it('replays nearly as long as the run was, from curves and histograms alone', () => {
    for (let seed = 0; seed < 10; seed += 5) {
      const measured = measuredFrom(seed);
      delete measured.pools[0]!.spans;
      const { lengthError, record } = calibrate(recordOf(measured, measured.pools[0]!)!);
      expect(record.source).toBe('curves');
      expect(record.rows.count).toBe(measured.pools[0]!.tries);
      expect(lengthError).toBeLessThan(0.1);
    }
  });

  it('is thinned if the run was long, and stands for all of it', () => {
    const measured = measuredFrom(0);
    const pool = measured.pools[0]!;
    const record = recordOf(measured, pool, Math.ceil(pool.tries / 3))!;
    expect(record.source).toBe('sample');
    expect(record.weight).toBe(3);
    const { base, lengthError } = calibrate(record);
    expect(lengthError).toBeLessThan(0.1);
    expect(base.makespanMs / pool.activeMs).toBeCloseTo(1, 1);
  });

  it('draws from a sample of spans by weight', () => {
    const measured = measuredFrom(0);
    const { spans } = measured.pools[0]!;
    for (const [column, values] of Object.entries(spans!)) {
      if (Array.isArray(values) && column !== 'tasks')
        (spans as never as Record<string, unknown[]>)[column] = values.filter((_, i) => i % 4 === 0);
    }
    spans!.kept = spans!.weight.length;
    spans!.weight = spans!.weight.map(() => 4);
    const { record, lengthError } = calibrate(recordOf(measured, measured.pools[0]!)!);
    expect(record.source).toBe('sample');
    expect(lengthError).toBeLessThan(0.1);
  });

  it('is none for a pool without tasks', () => {
    const { pools: _, ...rest } = sampleReport();
    const { pools } = sampleReport({ tasks: 10 });
    expect(recordOf({ ...rest, pools }, { ...pools[0]!, tries: 0 })).toBeNull();
  });

  it('fits a run that waited for cores of other programs', () => {
    const measured = measuredOf(simulate({ ...drawPool(new Draw(3), { workers: 2, arrivals: 'batch' }), cores: 0.8 }));
    measured.run.cores = 8;
    const record = recordOf(measured, measured.pools[0]!)!;
    expect(calibrate(record, 1).lengthError).toBeGreaterThan(0.3);
    expect(calibrate(record, 0.4).lengthError).toBeLessThan(0.05);
  });

  it('keeps its cores where workers are recycled, whose starts it does not compute', () => {
    const measured = measuredOf(simulate({ ...drawPool(new Draw(3), { workers: 2, arrivals: 'batch' }), cores: 0.8 }));
    measured.run.cores = 8;
    const record = recordOf(measured, measured.pools[0]!)!;
    const recycled = { ...record, recycle: { afterTasks: 1e6, bootMs: 50 } };
    expect(calibrate(recycled, 0.4).record.cores).toBe(8);
  });

  it('takes a stall of the machine for no lack of cores', () => {
    const measured = measuredOf(simulate(drawPool(new Draw(3), { workers: 2, arrivals: 'batch' })));
    const record = recordOf(measured, measured.pools[0]!)!;
    record.recorded.makespanMs *= 10;
    expect(calibrate(record, 0.5).record.cores).toBeGreaterThanOrEqual(0.5);
  });
});

describe('what counts for a run', () => {
  const at = (times: readonly number[]): RunRecord => {
    const rows = emptyRows(times.length);
    rows.at.set(times);
    rows.cpu.fill(10);
    const makespanMs = times.at(-1)! + 200;
    const record = recordOf(measuredFrom(1), measuredFrom(1).pools[0]!)!;
    return { ...record, rows, arrivals: { kind: 'open' }, recorded: { ...record.recorded, startMs: 0, makespanMs } };
  };
  const burst = (fromMs: number) => Array.from({ length: 20 }, (_, i) => fromMs + i);

  it('is its length where its work waits to be done', () => {
    expect(goalOf(at(burst(0)))).toBe('makespan');
    // A pause is no burst yet: the last calls may be most of the work.
    expect(goalOf(at([...burst(0), ...burst(500)]))).toBe('makespan');
  });

  it('is the latency of a call in bursts, and where calls come by themselves', () => {
    expect(goalOf(at([...burst(0), ...burst(500), ...burst(1000)]))).toBe('latency');
    // Calls before a batch are none.
    expect(goalOf(at([0, 400, ...burst(800)]))).toBe('makespan');
    // In any order of rows, and with further tries, which come late by themselves.
    const mixed = at([...burst(1000), ...burst(0), ...burst(500)]);
    mixed.recorded.makespanMs = 1219;
    expect(goalOf(mixed)).toBe('latency');
    const retried = at([...burst(0), 600, 1200]);
    retried.rows.after.set([0, 1], 20);
    retried.recorded.makespanMs = 1400;
    expect(goalOf(retried)).toBe('makespan');
  });
});

describe('how tasks came', () => {
  it('is found in runs of all kinds', () => {
    const kindOf = (change: (draw: Draw) => ReturnType<typeof drawPool>) => {
      const kinds = new Set<string>();
      for (let seed = 1; seed <= 5; seed++) {
        const measured = measuredOf(simulate(change(new Draw(seed))));
        kinds.add(recordOf(measured, measured.pools[0]!)!.arrivals.kind);
      }
      return [...kinds];
    };
    expect(kindOf((draw) => drawPool(draw, { workers: 3, arrivals: 'batch' }))).toEqual(['open']);
    expect(kindOf((draw) => drawPool(draw, { workers: 3, arrivals: 'open', load: draw.between(0.1, 0.9) }))).toEqual([
      'open',
    ]);
    expect(kindOf((draw) => drawPool(draw, { workers: 3, arrivals: 'window' }))).toEqual(['closed']);
    expect(kindOf((draw) => PLANTS.R24![0]!(draw).record)).toEqual(['rounds']);
  });

  it('is open with few calls, and finds the number of calls at a time', () => {
    expect(arrivalsOf([1, 2, 3], [2, 3, 4])).toEqual({ kind: 'open' });
    const submits = Array.from({ length: 50 }, (_, i) => i * 10);
    expect(
      arrivalsOf(
        submits,
        submits.map((at) => at + 9.9),
      ),
    ).toMatchObject({ kind: 'closed', cap: 1 });
    expect(arrivalsOf([], [])).toEqual({ kind: 'open' });
  });
});
