import { describe, expect, it } from 'vitest';
import { SectionLedger } from '../../src/record/section-ledger.js';
import { rankSections } from '../../src/snapshot/bottlenecks.js';
import { poolReport } from '../../src/snapshot/pool-report.js';
import { sectionReports } from '../../src/snapshot/section-report.js';
import { deltaOf, ran, recorderOf } from '../fakes.js';

function poolWith(executionMs: number, selfMs: number, name = 'resize') {
  const recorder = recorderOf({ name });
  recorder.task(ran(1000, 1000 + executionMs));
  recorder.addSections([deltaOf(['decode'], 'resize', [selfMs])]);
  return poolReport(recorder, 2000, { queued: 0, dispatched: 0 });
}

describe('sections of both sides in one list', () => {
  it('are ordered by self time; shares are of execution in workers, of all sections in the parent', () => {
    const ledger = new SectionLedger();
    ledger.child(undefined, 'read').record(30, 30);
    ledger.child(undefined, 'parse').record(90, 90);
    expect(rankSections(sectionReports(ledger), [poolWith(100, 60)])).toMatchObject([
      { name: 'parse', where: 'parent', selfMs: 90, share: 0.75, count: 1, meanMs: 90 },
      { name: 'decode', where: 'worker', pool: 'resize', task: 'resize', selfMs: 60, share: 0.6 },
      { name: 'read', where: 'parent', selfMs: 30, share: 0.25 },
    ]);
  });

  it('have worker shares of the execution of all pools together', () => {
    expect(rankSections([], [poolWith(100, 60, 'a'), poolWith(300, 40, 'b')])).toMatchObject([
      { pool: 'a', share: 0.15 },
      { pool: 'b', share: 0.1 },
    ]);
  });

  it('have shares of at most 1 when sections of one handler overlap', () => {
    expect(rankSections([], [poolWith(100, 250)])).toMatchObject([{ share: 1 }]);
  });
});
