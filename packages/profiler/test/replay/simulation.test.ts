import { describe, expect, it } from 'vitest';
import { emptyRows, ENDS, pickRows } from '../../src/replay/rows.js';
import { type RunRecord, usualTerms } from '../../src/replay/run-record.js';
import { Simulation } from '../../src/replay/simulation.js';
import { expectedWaitMs } from '../../src/statistics/erlang.js';
import { Draw } from '../support/plants/draw.js';

/** A run of equal tasks without any costs, to be changed. */
function runOf(tasks: number, workers: number, change: Partial<RunRecord> = {}): RunRecord {
  return {
    ...{ pool: 'p', names: ['a', 'b'], rows: emptyRows(tasks), arrivals: { kind: 'open' } as const },
    workers: Array.from({ length: workers }, () => ({ readyMs: 0, slowdown: 1 })),
    ...{ concurrency: 1, prefetch: 0, cores: 64, switching: 0, recycle: null, rebootMs: 0, user: [] },
    byName: [usualTerms(), usualTerms()],
    ...{
      sliceMs: Infinity,
      recorded: { startMs: 0, makespanMs: 0, meanLatencyMs: 0 },
      weight: 1,
      source: 'spans' as const,
    },
    ...change,
  };
}

function lengthOf(record: RunRecord): number {
  const { startMs, endMs, settled } = new Simulation(record).run();
  expect(settled).toBe(record.rows.count);
  return endMs - startMs;
}

describe('simulation of a pool', () => {
  it('shares equal tasks evenly among workers', () => {
    const record = runOf(100, 4);
    record.rows.block.fill(20);
    expect(lengthOf(record)).toBeCloseTo(500, 6);
  });

  it('shares cores among handlers that compute, but not among handlers that block', () => {
    const computing = runOf(100, 4, { cores: 2 });
    computing.rows.cpu.fill(20);
    expect(lengthOf(computing)).toBeCloseTo(1000, 6);
    const blocking = runOf(100, 4, { cores: 2 });
    blocking.rows.block.fill(20);
    expect(lengthOf(blocking)).toBeCloseTo(500, 6);
  });

  it('shares cores with native threads, awaited or not', () => {
    const awaited = runOf(100, 1, { cores: 2, concurrency: 10 });
    awaited.rows.native.fill(20);
    expect(lengthOf(awaited)).toBeCloseTo(1000, 6);
    const beside = runOf(100, 2, { cores: 2 });
    beside.rows.cpu.fill(20);
    expect(lengthOf(beside)).toBeCloseTo(1000, 6);
    // A helper a handler, and two cores for all of them.
    beside.rows.helper.fill(20);
    expect(lengthOf(beside)).toBeCloseTo(2000, -2);
    // A pause in the computing: native threads, then a wait that needs no core.
    const both = runOf(10, 1, { cores: 1 });
    both.rows.native.fill(20);
    both.rows.wait.fill(30);
    expect(lengthOf(both)).toBeCloseTo(500, 6);
  });

  it('overlaps waits of one worker, and nothing else', () => {
    const record = runOf(100, 1, { concurrency: 10 });
    record.rows.wait.fill(50);
    expect(lengthOf(record)).toBeCloseTo(500, 6);
    const blocking = runOf(100, 1, { concurrency: 10 });
    blocking.rows.block.fill(5);
    expect(lengthOf(blocking)).toBeCloseTo(500, 6);
  });

  it('hands out no task while the main thread is busy', () => {
    const record = runOf(2, 1, { user: [{ atMs: 0, ms: 100 }] });
    record.rows.block.fill(10);
    record.rows.at.fill(1);
    expect(lengthOf(record)).toBeCloseTo(119, 6);
    // A task that was sent ahead begins all the same.
    const ahead = runOf(3, 1, { user: [{ atMs: 5, ms: 100 }], prefetch: 1 });
    ahead.rows.block.fill(10);
    expect(lengthOf(ahead)).toBeCloseTo(115, 6);
  });

  it('keeps a number of calls under way, and makes rounds of calls', () => {
    const closed = runOf(40, 4, { arrivals: { kind: 'closed', cap: 1, thinkMs: 1 } });
    closed.rows.block.fill(10);
    expect(lengthOf(closed)).toBeCloseTo(40 * 10 + 39, 6);
    const rounds = runOf(40, 4, {
      arrivals: { kind: 'rounds', sizes: Array.from({ length: 20 }, () => 2), thinkMs: 0 },
    });
    rounds.rows.block.fill(10);
    expect(lengthOf(rounds)).toBeCloseTo(200, 6);
  });

  it('starts the successor of an old worker while its last task runs', () => {
    const record = runOf(10, 1, { recycle: { afterTasks: 1, bootMs: 30 } });
    record.rows.block.fill(10);
    expect(lengthOf(record)).toBeCloseTo(9 * 30 + 10, 6);
  });

  it('starts a worker anew after a death, and runs the further try', () => {
    const record = runOf(3, 1, { rebootMs: 100 });
    record.rows.block.fill(10);
    record.rows.ends[0] = ENDS.crash;
    record.rows.after[2] = 0;
    record.rows.backoff[2] = 5;
    expect(lengthOf(record)).toBeCloseTo(10 + 100 + 20, 6);
  });

  it('holds a name to its limit, and a wait to the places of its resource', () => {
    const limited = runOf(40, 8);
    limited.rows.block.fill(10);
    limited.byName[0] = { ...usualTerms(), limit: 2 };
    expect(lengthOf(limited)).toBeCloseTo(200, 6);
    const scarce = runOf(40, 8);
    scarce.rows.wait.fill(10);
    scarce.byName[0] = { ...usualTerms(), budget: 2, holdShare: 0.5 };
    expect(lengthOf(scarce)).toBeCloseTo(105, 6);
  });

  it('waits as queueing theory says', () => {
    const draw = new Draw(11);
    const record = runOf(60_000, 4);
    let at = 0;
    for (let row = 0; row < record.rows.count; row++) {
      at += (-Math.log(1 - draw.random()) * 10) / (4 * 0.8);
      record.rows.at[row] = at;
      record.rows.block[row] = -Math.log(1 - draw.random()) * 10;
    }
    const { latencyMs } = new Simulation(record).run();
    const waitMs = latencyMs.reduce((sum, ms) => sum + ms, 0) / record.rows.count - 10;
    expect(waitMs / expectedWaitMs(4, 0.8, 10, 1, 1)).toBeGreaterThan(0.9);
    expect(waitMs / expectedWaitMs(4, 0.8, 10, 1, 1)).toBeLessThan(1.1);
  });

  it('ends although rows can never run, and with no row at all', () => {
    const impossible = runOf(5, 1);
    impossible.byName[0] = { ...usualTerms(), limit: 0 };
    expect(new Simulation(impossible).run().settled).toBe(0);
    expect(new Simulation(runOf(0, 1)).run()).toMatchObject({ startMs: 0, endMs: 0, settled: 0 });
  });

  it('settles each row once, in any pool', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const draw = new Draw(seed);
      const record = runOf(draw.whole(1, 300), draw.whole(1, 6), {
        ...{
          concurrency: draw.whole(1, 5),
          prefetch: draw.whole(0, 3),
          cores: draw.between(0.5, 6),
          switching: draw.between(0, 0.5),
        },
        ...{
          recycle: draw.chance(0.3) ? { afterTasks: draw.whole(1, 10), bootMs: draw.between(0, 30) } : null,
          rebootMs: draw.between(0, 50),
        },
        sliceMs: draw.chance(0.3) ? 2 : Infinity,
      });
      const { rows } = record;
      for (let row = 0; row < rows.count; row++) {
        for (const part of [
          'inputEncode',
          'dispatch',
          'wayIn',
          'decode',
          'cpu',
          'gc',
          'block',
          'wait',
          'reply',
          'wayOut',
          'settle',
        ] as const) {
          rows[part][row] = draw.chance(0.5) ? 0 : draw.between(0, 10);
        }
        rows.at[row] = row * draw.between(0, 3);
        rows.name[row] = draw.whole(0, 1);
        if (draw.chance(0.05)) rows.ends[row] = ENDS.crash;
        if (row > 0 && draw.chance(0.1)) rows.after[row] = row - 1;
        if (draw.chance(0.1)) rows.home[row] = 0;
      }
      const simulation = new Simulation(record, { stamps: true });
      const { settled, latencyMs } = simulation.run();
      expect(settled).toBe(rows.count);
      expect(latencyMs.every((ms) => ms >= 0)).toBe(true);
      expect(simulation.line.size + simulation.unsettled + simulation.held).toBe(0);
      expect(Array.from(simulation.line.atWork)).toEqual([0, 0]);
      expect(simulation.loops.load.every((load) => load === 0)).toBe(true);
    }
  });

  it('keeps the tries of a task together when rows are picked', () => {
    const rows = emptyRows(4);
    rows.after.set([-1, 0, 1, -1]);
    expect(Array.from(pickRows(rows, [0, 1, 2]).after)).toEqual([-1, 0, 1]);
    expect(Array.from(pickRows(rows, [1, 2]).after)).toEqual([-1, 0]);
    expect(Array.from(pickRows(rows, [2, 1]).after)).toEqual([-1, -1]);
  });
});
