import type { SectionDelta } from '@millpond/core';
import { Histogram, OTHER } from '@millpond/core/internal';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SectionLedger, sectionPlaces } from '../../src/record/section-ledger.js';
import { sectionReports } from '../../src/snapshot/section-report.js';
import { deltaOf } from '../fakes.js';

function delta(path: string[], durations: readonly number[]): SectionDelta {
  const histogram = new Histogram();
  for (const ms of durations) histogram.record(ms);
  const { count, sum, min, max } = histogram;
  return {
    path,
    task: 't',
    count,
    totalMs: sum,
    selfMs: sum,
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
        expect({ ...a, totalMs: 0, selfMs: 0, meanMs: 0 }).toEqual({ ...b, totalMs: 0, selfMs: 0, meanMs: 0 });
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
    ledger.child(ledger.child(undefined, 'open'), 'inside').record(5, 5);
    expect(sectionReports(ledger).map((section) => section.path)).toEqual([['open', 'inside']]);
  });
});
