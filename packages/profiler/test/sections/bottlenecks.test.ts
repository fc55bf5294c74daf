import type { SectionDelta } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import type { BottleneckOptions } from '../../src/options.js';
import { resolveBottleneckOptions } from '../../src/options.js';
import { SectionLedger } from '../../src/record/section-ledger.js';
import { bottlenecksOf, chooseBottlenecks, type PoolSections } from '../../src/sections/bottlenecks.js';
import { sectionReports } from '../../src/sections/section-reports.js';
import { deltaOf, timed } from '../fakes.js';

const MB = 1e6;

function poolOf(executionMs: number, deltas: readonly SectionDelta[], name = 'resize'): PoolSections {
  const ledgers = new Map<string, SectionLedger>();
  for (const delta of deltas) {
    const ledger = ledgers.get(delta.task) ?? new SectionLedger();
    ledgers.set(delta.task, ledger);
    ledger.merge(delta, 1);
  }
  const sections = [...ledgers].flatMap(([task, ledger]) =>
    sectionReports(ledger, executionMs).map((report) => ({ ...report, task })),
  );
  return { name, executionMs, sections };
}

function grown(delta: SectionDelta, heapBytes: number, externalBytes = 0): SectionDelta {
  return { ...delta, memory: { heapBytes, externalBytes, rssBytes: 0, shared: 0 } };
}

/** Names in the order in which they come. */
function names(pools: readonly PoolSections[], options: BottleneckOptions = {}): string[] {
  return chooseBottlenecks(bottlenecksOf([], pools), resolveBottleneckOptions(options)).map(({ path }) =>
    path.join('/'),
  );
}

describe('sections of both sides in one list', () => {
  it('are ordered by self time; shares are of execution in workers, of all sections in the parent', () => {
    const ledger = new SectionLedger();
    timed(ledger.child(undefined, 'read'), 30);
    timed(ledger.child(undefined, 'parse'), 90);
    const pool = poolOf(100, [deltaOf(['decode'], 'resize', [60])]);
    expect(bottlenecksOf(sectionReports(ledger), [pool])).toMatchObject([
      { name: 'parse', where: 'parent', selfMs: 90, share: 0.75, count: 1, meanMs: 90, memoryBytes: null },
      { name: 'decode', where: 'worker', pool: 'resize', task: 'resize', selfMs: 60, share: 0.6, totalShare: 0.6 },
      { name: 'read', where: 'parent', selfMs: 30, share: 0.25, memoryShare: null },
    ]);
  });

  it('have worker shares of the execution of all pools together', () => {
    const [a, b] = [
      poolOf(100, [deltaOf(['decode'], 'x', [60])], 'a'),
      poolOf(300, [deltaOf(['decode'], 'x', [40])], 'b'),
    ];
    expect(bottlenecksOf([], [a, b])).toMatchObject([
      { pool: 'a', share: 0.15 },
      { pool: 'b', share: 0.1 },
    ]);
  });

  it('have shares of at most 1 when sections of one handler overlap', () => {
    const found = bottlenecksOf([], [poolOf(100, [deltaOf(['a'], 'x', [250]), deltaOf(['b'], 'x', [250])])]);
    expect(found.map(({ share, totalShare }) => [share, totalShare])).toEqual([[0.5, 0.5], [0.5, 0.5]]); // prettier-ignore
  });

  it('leave out what has only counters', () => {
    const task = { ...deltaOf([], 'x', []), minMs: 0, maxMs: 0, counters: { rows: 1 } };
    expect(bottlenecksOf([], [poolOf(100, [task])])).toEqual([]);
  });
});

describe('what a caller asks for', () => {
  const pool = poolOf(200, [
    deltaOf(['load'], 'x', [100], 5),
    deltaOf(['load', 'parse'], 'x', [40, 40, 5]),
    deltaOf(['save'], 'x', [60]),
    deltaOf(['tick'], 'x', new Array<number>(10).fill(1)),
  ]);

  it('comes by self time, total time, or the mean of a call', () => {
    expect(names([pool])).toEqual(['load/parse', 'save', 'tick', 'load']);
    expect(names([pool], { by: 'total' })).toEqual(['load', 'load/parse', 'save', 'tick']);
    expect(names([pool], { by: 'mean' })).toEqual(['load', 'save', 'load/parse', 'tick']);
  });

  it('leaves out sections below the least time, in all or in the mean, and those beyond the limit', () => {
    expect(names([pool], { minMs: 10 })).toEqual(['load/parse', 'save', 'tick']);
    expect(names([pool], { minMs: 85, by: 'total' })).toEqual(['load', 'load/parse']);
    expect(names([pool], { minMeanMs: 30 })).toEqual(['save', 'load']);
    expect(names([pool], { limit: 1 })).toEqual(['load/parse']);
  });

  it('comes by the memory that it grows itself, not by that of the sections inside it', () => {
    const grows = poolOf(200, [
      grown(deltaOf(['load'], 'x', [100], 5), 21 * MB),
      grown(deltaOf(['load', 'parse'], 'x', [85]), MB, 19 * MB),
      grown(deltaOf(['save'], 'x', [60]), 5 * MB),
      grown(deltaOf(['free'], 'x', [60]), -30 * MB),
      deltaOf(['old'], 'x', [60]),
    ]);
    const found = chooseBottlenecks(bottlenecksOf([], [grows]), resolveBottleneckOptions({ by: 'memory' }));
    expect(found.map(({ name, memoryBytes, memoryShare }) => [name, memoryBytes, memoryShare])).toEqual([
      ['parse', 20 * MB, 20 / 26],
      ['save', 5 * MB, 5 / 26],
      ['load', MB, 1 / 26],
      ['free', -30 * MB, 0],
    ]);
  });
});
