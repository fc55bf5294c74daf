import { describe, expect, it, vi } from 'vitest';
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

  it('takes what has a report for a report', async () => {
    const { record } = tooFew(new Draw(5));
    const measured = measuredOf(simulate(record));
    const report = { ...measured, ...judge(measured) };
    const [result] = await doctor(async () => ({ toJSON: () => report }), [{ overrides: { workers: 2 } }], {
      pairs: 1,
    });
    expect(result).toMatchObject({ outcome: 'no change', measuredShare: 0 });
    expect(result?.text).toMatch(/, 1 pair$/m);
  });

  it.each([
    [[], '"run" must be a function that runs the program; received undefined.'],
    [[{ overrides: { workers: 2 } }], '"candidates" must be a list of changes'],
    [
      [['workers']],
      `"candidates[0]" must be an object, as { overrides: { workers: 4 } }; received 'workers' (string).`,
    ],
    [
      [[{ overrides: { a: 1 } }, { prefetch: 4 }]],
      '"candidates[1].overrides" must be an object with at least one option',
    ],
    [
      [[{ overrides: {} }]],
      '"candidates[0].overrides" must be an object with at least one option of a pool; received {}',
    ],
    [[[{ overrides: { workers: undefined } }]], '"candidates[0].overrides" must be an object with at least one option'],
    [[[{ overrides: { a: 1 }, nam: 'x' }]], '"nam" is unknown. Did you mean "name"?'],
    [[[{ overrides: { a: 1 }, name: 5 }]], '"candidates[0].name" must be a string; received 5 (number).'],
    ...[0, 1.5, '3', NaN].map((pairs) => [[[], { pairs }], '"pairs" must be an integer of at least 1'] as const),
    ...[0, Infinity, '3'].map((timeoutMs) => [[[], { timeoutMs }], '"timeoutMs" must be a number above 0'] as const),
    [[[], { pair: 3 }], '"pair" is unknown. Did you mean "pairs"?'],
  ] as [unknown[], string][])('refuses wrong arguments before anything runs: %j', async (rest, message) => {
    const run = vi.fn(async () => 5);
    const running = rest.length === 0 ? doctor(undefined as never) : doctor(run, ...(rest as []));
    await expect(running).rejects.toMatchObject({
      code: 'ERR_OPTION',
      message: expect.stringContaining(message) as string,
    });
    expect(run).not.toHaveBeenCalled();
  });

  it('rejects what is no time, a failed run, and one that takes too long', async () => {
    const one = [{ overrides: { workers: 2 } }];
    for (const none of [5, undefined, {}])
      await expect(doctor(async () => none as never)).rejects.toMatchObject({
        code: 'ERR_OPTION',
        message: expect.stringMatching(/"candidates" has no change to try: .*; it returned /) as string,
      });
    for (const none of [NaN, 0, undefined, {}, '5'])
      await expect(doctor(async () => none as never, one)).rejects.toThrow(
        'Option "run" must return a time above 0 in ms, or a report of a pool that ran tasks; received ',
      );
    await expect(doctor(async () => Promise.reject(new Error('no database')), one)).rejects.toThrow('no database');
    await expect(doctor(() => new Promise(() => {}), one, { timeoutMs: 5 })).rejects.toThrow(/longer than/);
  });
});
