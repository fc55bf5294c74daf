import { describe, expect, it } from 'vitest';
import { judge } from '../../src/findings/judge.js';
import type { Finding, RuleId } from '../../src/model/finding.js';
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
