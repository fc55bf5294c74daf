import { describe, expect, it } from 'vitest';
import { judge } from '../../src/findings/judge.js';
import { verdictOf } from '../../src/findings/verdict.js';
import type { Finding, RuleId } from '../../src/model/finding.js';
import type { PoolReport } from '../../src/model/pool-report.js';
import type { Measured } from '../../src/replay/record-of.js';
import { Draw, drawPool } from '../support/plants/draw.js';
import { measuredOf } from '../support/plants/measured-of.js';
import { simulate } from '../support/plants/simulated.js';
import { PLANTS } from '../support/plants/trials.js';
import { sampleReport } from '../support/sample-report.js';

function planted(rule: RuleId, seed = 1): Measured {
  const { record, facts } = PLANTS[rule]![0]!(new Draw(seed));
  const run = simulate(record);
  const measured = measuredOf(run);
  facts?.(measured, measured.pools[0]!, run);
  return measured;
}

describe('verdict', () => {
  it('names the cause, what it would save, and a step with an option and a value', () => {
    const { verdict, findings } = judge(planted('R01'));
    expect(verdict).toMatchObject({ kind: 'bottleneck', id: 'R01' });
    expect(verdict.sentence).toMatch(/TOO FEW WORKERS.*would be saved/);
    expect(verdict.step).toMatch(/^Set workers to \d+\./);
    expect(verdict.step).toMatch(/has set workers itself/);
    const [{ saving, confidence, advice, scope }] = findings as [Finding];
    expect(saving!.ciMs[0]).toBeLessThan(saving!.ms);
    expect(saving!.ciMs[1]).toBeGreaterThan(saving!.ms);
    expect(saving!.of).toBe('run');
    expect(confidence).toBe('high');
    expect(advice[0]).toMatchObject({
      option: 'workers',
      isSet: true,
      now: planted('R01').pools[0]!.asked.workers.max,
    });
    expect(scope.pool).toBe('planted');
  });

  it('says that nothing is worth changing, and where to look all the same', () => {
    const measured = measuredOf(simulate(drawPool(new Draw(1), { workers: 4, arrivals: 'batch' })));
    const { verdict, findings, notes } = judge(measured);
    expect(verdict).toMatchObject({ kind: 'healthy', id: 'R29' });
    expect(verdict.step).toMatch(/^Nothing is worth changing\./);
    expect(findings).toEqual([]);
    expect(notes.at(-1)).toMatchObject({ id: 'R29', kind: 'note' });
  });

  it('names what would save most in a run that is too short for it', () => {
    const terms = { workers: 2, work: 'wait', arrivals: 'batch', tasks: 60, meanMs: 5 } as const;
    const { verdict, findings, notes } = judge(measuredOf(simulate(drawPool(new Draw(1), terms))));
    expect(findings).toEqual([]);
    expect(verdict).toMatchObject({ kind: 'healthy', id: 'R29' });
    expect(verdict.sentence).toMatch(/What would save most is small: HANDLERS WAIT.* ms \(\d+ %\) of the run/);
    expect(verdict.step).toMatch(/^Nothing is worth changing\. If such a run comes often: Set concurrency to \d+/);
    const saving = notes.find(({ id }) => id === 'R15')!.saving!;
    expect(saving.share).toBeGreaterThan(0.5);
    expect(saving.ms).toBeLessThan(250);
  });

  it("says that workers wait for the program's own code", () => {
    const terms = { workers: 2, arrivals: 'open', load: 0.2, tasks: 400 } as const;
    const measured = measuredOf(simulate(drawPool(new Draw(1), terms)));
    const { ledger } = measured.parent;
    expect(judge(measured).verdict.sentence).not.toMatch(/wait for the program/);
    ledger.userMs = 0.7 * ledger.wallMs;
    const { verdict } = judge(measured);
    expect(verdict.id).toBe('R29');
    expect(verdict.sentence).toMatch(/wait for the program: its own code takes 7\d % of the time of its main thread/);
    expect(verdict.step).toMatch(/^Nothing in the pool is worth changing\. Let handlers do that work/);
  });

  it("names a cause that saves time of calls before the program's own code, and after a loop that waits for each", () => {
    const terms = { workers: 2, arrivals: 'open', load: 0.2, tasks: 400 } as const;
    const measured = measuredOf(simulate(drawPool(new Draw(1), terms)));
    const { ledger } = measured.parent;
    ledger.userMs = 0.75 * ledger.wallMs;
    const [first] = judge(planted('R35')).findings as [Finding];
    const cause: Finding = { ...first, saving: { ...first.saving!, of: 'call' } };
    expect(verdictOf(measured, [cause], []).id).toBe('R35');
    expect(verdictOf(measured, [], []).sentence).toMatch(/its own code/);
    const [pool] = measured.pools as [PoolReport];
    const later: Finding = { ...first, kind: 'risk', saving: null, failsInMs: 1e9 };
    expect(verdictOf(measured, [later], []).kind).toBe('risk');
    pool.loops.readerMs = pool.activeMs;
    expect(verdictOf(measured, [cause], []).sentence).toMatch(/the body of its loop/);
  });

  it('counts what the collector does after calls as a cost of small tasks, not as work of the program', () => {
    const measured = planted('R07');
    const { ledger } = measured.parent;
    const savingOf = (gcMs: number, userMs: number) => {
      Object.assign(ledger, { gcMs, userMs, idleMs: 0 });
      const { findings } = judge(measured);
      return (id: string) => findings.find((finding) => finding.id === id)?.saving?.share ?? 0;
    };
    const part = 0.35 * ledger.wallMs;
    const collected = savingOf(part, 0);
    expect(collected('R05')).toBe(0);
    expect(collected('R07')).toBeGreaterThan(savingOf(0, part)('R07'));
  });

  it('keeps the cores of a run that left some idle, however long threads waited for one', () => {
    const record = drawPool(new Draw(3), { workers: 2, work: 'wait', arrivals: 'batch', tasks: 600, meanMs: 12 });
    record.rows.cpu.fill(2);
    const measured = measuredOf(simulate({ ...record, cores: 2 }));
    const [pool] = measured.pools as [PoolReport];
    // Threads waited for a core at each wake-up, and the run was longer than its replay is.
    for (const { execution } of pool.byTask) execution.runQueueMs += 2 * execution.cpuMs;
    pool.activeMs *= 1.15;
    const savingWith = (programCores: number | null) => {
      Object.assign(measured.run, { cores: 2, programCores, otherCores: programCores === null ? null : 0 });
      return judge(measured).findings.find(({ id }) => id === 'R15')?.saving?.share ?? 0;
    };
    expect(savingWith(0.4)).toBeGreaterThan(savingWith(1.9) + 0.05);
    expect(savingWith(null)).toBe(savingWith(1.9));
  });

  it.each([
    [2, 5],
    [3, 2],
  ])('names what serves %d tasks at a time, though nothing says what it is', (atATime, seed) => {
    const measured = planted('R30', seed);
    for (const pool of measured.pools) pool.resources = [];
    const { verdict, findings } = judge(measured);
    expect(verdict).toMatchObject({ kind: 'bottleneck', id: 'R26' });
    expect(verdict.sentence).toContain(`${atATime} TASKS AT A TIME: `);
    expect(verdict.step).toMatch(/^No option of the pool helps/);
    expect(findings.filter(({ kind }) => kind === 'cause')).toEqual([]);
  });

  it('cannot tell with few tasks, and is none without any', () => {
    expect(judge(planted('R28')).verdict).toMatchObject({
      kind: 'unknown',
      id: 'R28',
      step: expect.stringMatching(/Run it longer/),
    });
    const { verdict: _v, findings: _f, notes: _n, muted: _m, ...sample } = sampleReport({ tasks: 0 });
    expect(judge(sample).verdict).toMatchObject({ kind: 'nothing', id: null });
  });

  it('puts a risk first that comes soon', () => {
    const { verdict, findings } = judge(planted('R13'));
    expect(verdict).toMatchObject({ kind: 'risk', id: 'R13' });
    expect(verdict.step).toMatch(/recycle\.afterTasks/);
    expect(findings[0]).toMatchObject({ kind: 'risk', saving: null });
    expect(findings[0]!.failsInMs).toBeGreaterThan(0);
  });

  it('counts what the caller muted, and goes on without it', () => {
    const measured = planted('R01');
    const { verdict, findings, muted } = judge(measured, { mute: ['r01', ' R99 '] });
    expect(findings.map(({ id }) => id)).not.toContain('R01');
    expect(verdict.id).not.toBe('R01');
    expect(muted).toEqual([{ id: 'R01', count: 1 }]);
  });

  it('calls handlers that only wait no reason for further workers', () => {
    const { findings } = judge(planted('R15'));
    expect(findings.map(({ id }) => id)).not.toContain('R01');
    expect(findings[0]!.advice[0]!.option).toBe('concurrency');
  });

  it('has no advice for more workers where a limit keeps tasks back on purpose', () => {
    const { findings, verdict } = judge(planted('R36'));
    expect(verdict.id).toBe('R36');
    expect(findings.map(({ id }) => id)).not.toContain('R01');
    expect(findings.map(({ id }) => id)).not.toContain('R06');
  });

  it('shows a later cause as a symptom of the earlier one', () => {
    const { findings, notes } = judge(planted('R31'));
    expect(findings[0]).toMatchObject({ id: 'R31' });
    expect(findings[0]!.explains).toContain('R30');
    expect(notes.map(({ id }) => id)).toContain('R30');
  });

  it('is less certain where the measurements leave doubts', () => {
    const measured = planted('R01');
    measured.quality.unattributedShare = 0.08;
    const { findings, notes, verdict } = judge(measured);
    expect(verdict.kind).toBe('bottleneck');
    expect(findings.every(({ confidence }) => confidence !== 'high')).toBe(true);
    expect(notes.map(({ id }) => id)).toContain('R28');
  });

  it('judges each pool, and begins with the one in which most is to be saved', () => {
    const [few, healthy] = [
      planted('R01'),
      measuredOf(simulate(drawPool(new Draw(1), { workers: 4, arrivals: 'batch' }))),
    ];
    healthy.pools[0]!.name = 'other';
    const { verdict, findings } = judge({ ...few, pools: [...healthy.pools, ...few.pools] });
    expect(verdict.id).toBe('R01');
    expect(findings[0]!.scope.pool).toBe('planted');
  });

  it('says the same of the same run, within bounds for a long one', () => {
    const measured = planted('R12');
    expect(judge(measured)).toEqual(judge(measured));
    const thinned = judge(measured, { mostTries: 200 });
    expect(thinned.verdict.id).toBe('R12');
    expect(thinned.findings[0]!.confidence).not.toBe('high');
  });
});
