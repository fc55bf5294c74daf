import type { SectionDelta } from '@millpond/core';
import { Histogram, OTHER } from '@millpond/core/internal';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SectionLedger, sectionPlaces } from '../../src/record/section-ledger.js';
import { sectionReports } from '../../src/sections/section-reports.js';
import { deltaOf, timed } from '../fakes.js';

function delta(path: string[], durations: readonly number[]): SectionDelta {
  const histogram = new Histogram();
  for (const ms of durations) histogram.record(ms);
  const { count, sum, min, max } = histogram;
  return {
    path,
    task: 't',
    count,
    totalMs: sum,
    ...{ selfMs: sum, calledMs: sum, awaitedMs: 0 },
    minMs: min,
    maxMs: max,
    squares: durations.reduce((sum, ms) => sum + ms * ms, 0),
    counts: histogram.toCounts(),
    errors: 0,
    openMs: sum,
    peak: 1,
  };
}

describe('the ledger of sections', () => {
  it('merges the reports of all workers as if one had timed everything', () => {
    const reports = fc.array(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(reports, (parts) => {
        const merged = new SectionLedger();
        for (const part of parts) merged.merge(delta(['load'], part));
        const once = new SectionLedger();
        once.merge(delta(['load'], parts.flat()));
        const [a] = sectionReports(merged);
        const [b] = sectionReports(once);
        expect(a?.totalMs).toBeCloseTo(b?.totalMs ?? NaN, 3);
        // Sums of floats depend on their order a little.
        const sums = { totalMs: 0, selfMs: 0, calledMs: 0, meanMs: 0, stddevMs: 0, byWorker: [] };
        expect({ ...a, ...sums }).toEqual({ ...b, ...sums });
        const all = parts.flat();
        const mean = all.reduce((sum, ms) => sum + ms, 0) / all.length;
        const variance = all.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / all.length;
        // A difference of squares: exact to some digits of the largest square.
        expect(Math.abs((a?.stddevMs ?? NaN) ** 2 - variance)).toBeLessThanOrEqual(
          1e-12 * Math.max(...all) ** 2 + 1e-18,
        );
      }),
    );
  });

  it('keeps the same name apart at different places', () => {
    const ledger = new SectionLedger();
    ledger.merge(deltaOf(['read'], 't', [1]));
    ledger.merge(deltaOf(['load', 'read'], 't', [2]));
    expect(sectionReports(ledger).map(({ path, totalMs }) => [path, totalMs])).toEqual([
      [['load', 'read'], 2],
      [['read'], 1],
    ]);
  });

  it('does not mistake a name with a separator in it for two names', () => {
    const ledger = new SectionLedger();
    ledger.merge(deltaOf(['a › b'], 't', [1]));
    ledger.merge(deltaOf(['a', 'b'], 't', [2]));
    expect(sectionReports(ledger)).toHaveLength(2);
  });

  it('counts sections beyond the 250th of one place together, so that names made of data do not fill the memory', () => {
    const ledger = new SectionLedger();
    for (let i = 0; i < 5000; i++) ledger.merge(deltaOf([`file ${i}`, 'parse'], 't', [1]));
    const reports = sectionReports(ledger);
    expect(reports[0]).toMatchObject({ path: [OTHER, 'parse'], selfMs: 4750 });
    expect(reports).toHaveLength(251);
    expect(reports.reduce((sum, section) => sum + section.selfMs, 0)).toBe(5000);
  });

  it('keeps 1,000 sections apart, in all the ledgers that share their places', () => {
    const places = sectionPlaces();
    const reports = ['a', 'b', 'c', 'd', 'e'].flatMap((task) => {
      const ledger = new SectionLedger(places);
      for (let i = 0; i < 500; i++) ledger.merge(deltaOf([`file ${i}`], task, [1]));
      return sectionReports(ledger);
    });
    expect(reports).toHaveLength(1000 + 5);
    expect(reports.reduce((sum, section) => sum + section.selfMs, 0)).toBe(2500);
  });

  it('counts what is nested deeper than 31 together', () => {
    const ledger = new SectionLedger();
    ledger.merge(deltaOf(new Array<string>(100).fill('step'), 't', [1]));
    ledger.merge(deltaOf(new Array<string>(32).fill('step'), 't', [1]));
    expect(sectionReports(ledger)).toMatchObject([{ path: [...new Array<string>(31).fill('step'), OTHER], count: 2 }]);
  });

  it('shares out the self time of all sections, or the time it is given', () => {
    const ledger = new SectionLedger();
    ledger.merge(deltaOf(['a'], 't', [10], 4));
    ledger.merge(deltaOf(['a', 'b'], 't', [6]));
    expect(sectionReports(ledger).map(({ name, share }) => [name, share])).toEqual([['b', 0.6], ['a', 0.4]]); // prettier-ignore
    expect(sectionReports(ledger, 20).map(({ name, share }) => [name, share])).toEqual([['b', 0.3], ['a', 0.2]]); // prettier-ignore
  });

  it('lists no section that has not ended yet', () => {
    const ledger = new SectionLedger();
    timed(ledger.child(ledger.child(undefined, 'open'), 'inside'), 5, 5);
    expect(sectionReports(ledger).map((section) => section.path)).toEqual([['open', 'inside']]);
  });

  it('adds up errors, open time, memory and counters, and keeps the most that were open in one worker', () => {
    const ledger = new SectionLedger();
    const memory = { heapBytes: 10, externalBytes: -4, rssBytes: 3, shared: 1 };
    const parts = { errors: 2, openMs: 4, peak: 3, memory, counters: { rows: 5 } };
    ledger.merge({ ...deltaOf(['load'], 't', [2, 6]), ...parts }, 1);
    ledger.merge({ ...deltaOf(['load'], 't', [4]), ...parts, peak: 2, counters: { rows: 1, bytes: 9 } }, 2);
    ledger.merge(deltaOf(['load'], 't', [4]), 2);
    const [load] = sectionReports(ledger);
    expect(load).toMatchObject({
      errors: 4,
      peak: 3,
      memory: { heapBytes: 20, externalBytes: -8, rssBytes: 6, shared: 2 },
      counters: { rows: 6, bytes: 9 },
      meanConcurrency: 16 / 12,
      stddevMs: Math.sqrt(2),
      byWorker: [
        { workerId: 1, count: 2, selfMs: 8 },
        { workerId: 2, count: 2, selfMs: 8 },
      ],
    });
  });

  it('says that memory was not measured', () => {
    const ledger = new SectionLedger();
    ledger.merge(deltaOf(['load'], 't', [2]));
    expect(sectionReports(ledger)[0]?.memory).toBeNull();
  });

  it('tells at most 64 workers apart, and loses no time of the others', () => {
    const ledger = new SectionLedger();
    for (let workerId = 1; workerId <= 5000; workerId++) ledger.merge(deltaOf(['load'], 't', [1]), workerId);
    const workers = sectionReports(ledger)[0]?.byWorker ?? [];
    expect(workers).toHaveLength(64);
    expect(workers[0]).toEqual({ workerId: 0, count: 5000 - 63, selfMs: 5000 - 63 });
    expect(workers.reduce((sum, each) => sum + each.count, 0)).toBe(5000);
  });

  it('has counters of the task itself in a row without time', () => {
    const ledger = new SectionLedger();
    ledger.merge({ ...deltaOf([], 't', []), minMs: 0, maxMs: 0, counters: { rows: 3 } }, 1);
    ledger.merge(deltaOf(['load'], 't', [2]), 1);
    expect(sectionReports(ledger)).toMatchObject([
      { path: ['load'], share: 1 },
      { name: '(task)', path: ['(task)'], count: 0, selfMs: 0, counters: { rows: 3 }, byWorker: [] },
    ]);
  });

  it('folds counters beyond 20, and keeps a name that objects have', () => {
    const ledger = new SectionLedger();
    for (let row = 0; row < 100; row++) {
      const counters = Object.fromEntries([[row === 0 ? '__proto__' : `row ${row}`, 1]]);
      ledger.merge({ ...deltaOf(['load'], 't', [1]), counters });
    }
    const counters = Object.entries(sectionReports(ledger)[0]?.counters ?? {});
    expect(counters).toHaveLength(21);
    expect(counters[0]).toEqual(['__proto__', 1]);
    expect(counters.at(-1)).toEqual([OTHER, 80]);
  });
});
