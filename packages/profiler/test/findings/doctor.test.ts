import { describe, expect, it } from 'vitest';
import { doctor } from '../../src/findings/doctor.js';
import { judge, type Judgement } from '../../src/findings/judge.js';
import { overridesOf } from '../../src/findings/overrides.js';
import type { ReportData } from '../../src/model/report-data.js';
import { withWorkers } from '../../src/replay/what-if.js';
import { Draw } from '../support/plants/draw.js';
import { measuredOf } from '../support/plants/measured-of.js';
import { tooFew } from '../support/plants/planters.js';
import { simulate } from '../support/plants/simulated.js';

describe('options that an advice names', () => {
  it('become options of a pool', () => {
    expect(overridesOf({ text: '', option: 'workers', value: 4 })).toEqual({ workers: 4 });
    expect(overridesOf({ text: '', option: 'workers.max', value: 4 })).toEqual({ workers: { max: 4 } });
    expect(overridesOf({ text: '', option: 'tasks.resize.batch.maxWaitMs', value: 0 })).toEqual({
      tasks: { resize: { batch: { maxWaitMs: 0 } } },
    });
    expect(overridesOf({ text: '', option: 'tasks["a.b [c]"].exclusive', value: true })).toEqual({
      tasks: { 'a.b [c]': { exclusive: true } },
    });
    expect(overridesOf({ text: '', option: 'execArgv', value: "['--max-semi-space-size=32']" })).toEqual({
      execArgv: ['--max-semi-space-size=32'],
    });
  });

  it('are none where the program itself must change', () => {
    expect(overridesOf({ text: 'Split the task.' })).toBeUndefined();
    expect(overridesOf({ text: '', option: 'window', value: 8 })).toBeUndefined();
    expect(overridesOf({ text: '', option: 'tasks.a.retry.on', value: 'a function' })).toBeUndefined();
  });
});

describe('doctor', () => {
  it('tries the first advice, and measures what was predicted', async () => {
    const { record } = tooFew(new Draw(5));
    const calls: object[] = [];
    let judged: Judgement | undefined;
    const run = async (overrides: object): Promise<ReportData> => {
      calls.push(overrides);
      const { workers } = overrides as { workers?: number };
      const measured = measuredOf(simulate(workers === undefined ? record : withWorkers(workers)(record)!));
      // Only the first report is read for its findings.
      judged ??= judge(measured);
      return { ...measured, ...judged };
    };
    const [result] = await doctor(run, [], { pairs: 5 });
    expect(result?.outcome).toBe('better');
    expect(result?.measuredShare).toBeCloseTo(result!.predictedShare!, 1);
    expect(result?.isSet).toBe(true);
    expect(result?.text).toMatch(/predicted \d+ %/);
    expect(result?.text).toMatch(/has set workers itself/);
    // One look, then A B B A A B B A A B.
    expect(calls.slice(1).map((each) => 'workers' in each)).toEqual([
      false,
      true,
      true,
      false,
      false,
      true,
      true,
      false,
      false,
      true,
    ]);
  });

  it('says that noise is no change, and finds a change for the worse', async () => {
    const draw = new Draw(9);
    const noisy = async (overrides: object) =>
      1000 * ('slow' in overrides ? 1.3 : 1) * Math.exp(draw.between(-0.05, 0.05));
    const [same, slow] = await doctor(noisy, [{ overrides: { same: 1 } }, { name: 'slower', overrides: { slow: 1 } }], {
      pairs: 9,
    });
    expect(same?.outcome).toBe('no change');
    expect(slow).toMatchObject({ outcome: 'worse', name: 'slower', predictedShare: null });
    expect(slow?.measuredShare).toBeCloseTo(-0.3, 1);
  });

  it('has no result where no finding asks for an option', async () => {
    const { record } = tooFew(new Draw(5));
    const measured = measuredOf(simulate(record));
    expect(await doctor(async () => ({ ...measured, ...judge(measured), findings: [] }))).toEqual([]);
  });

  it('rejects what is no time, a failed run, and one that takes too long', async () => {
    const one = [{ overrides: {} }];
    await expect(doctor(async () => 5)).rejects.toThrow(/no change to try/);
    await expect(doctor(async () => NaN, one)).rejects.toThrow(/above 0/);
    await expect(doctor(async () => Promise.reject(new Error('no database')), one)).rejects.toThrow('no database');
    await expect(doctor(() => new Promise(() => {}), one, { timeoutMs: 5 })).rejects.toThrow(/longer than/);
  });
});
