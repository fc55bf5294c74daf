import { describe, expect, it } from 'vitest';
import { paletteFor } from '../src/color.js';
import { EXIT, exitCodeOfRun } from '../src/exit-codes.js';
import type { RunReport } from '../src/run/report.js';
import { Tally } from '../src/run/tally.js';
import { renderSummary } from '../src/summary.js';
import { poolOptionsFor } from '../src/workload/pool-options.js';
import { workloadJsonSchema } from '../src/workload/schema.js';

const PLAIN = paletteFor({ refused: true, isTTY: false, env: {} });

describe('exit codes', () => {
  const run = { failed: 0, broken: undefined, signal: undefined };
  it('are these, for good', () => {
    expect(EXIT).toEqual({ ok: 0, itemsFailed: 1, usage: 2, broken: 3, interrupted: 130, terminated: 143 });
  });
  it('tell the worst thing that happened', () => {
    expect(exitCodeOfRun(run)).toBe(0);
    expect(exitCodeOfRun({ ...run, failed: 2 })).toBe(1);
    expect(exitCodeOfRun({ ...run, failed: 2, signal: 'SIGINT' })).toBe(130);
    expect(exitCodeOfRun({ ...run, signal: 'SIGTERM' })).toBe(143);
    expect(exitCodeOfRun({ failed: 2, signal: 'SIGINT', broken: new Error('x') })).toBe(3);
  });
});

describe('the tally', () => {
  it('keeps failures apart by what they say, numbers and quoted texts aside', () => {
    const tally = new Tally();
    const fail = (id: number, name: string, message: string, code?: string) =>
      tally.add({ index: id, id, ok: false, error: { name, message, ...(code === undefined ? {} : { code }) } });
    tally.add({ index: 0, id: 0, ok: true, value: 1 });
    fail(1, 'Error', 'row 17 of "a" is bad');
    fail(2, 'Error', 'row 18 of "b" is bad');
    fail(3, 'TypeError', 'row 18 of "b" is bad');
    fail(4, 'InputError', 'data.jsonl:4: the line is not JSON.', 'ERR_INPUT');
    fail(5, 'InputError', 'data.jsonl:5: the line is not JSON.', 'ERR_INPUT');
    fail(6, 'InputError', 'data.jsonl:6: the line is not JSON.', 'ERR_INPUT');
    expect(tally).toMatchObject({ ok: 1, failed: 6, done: 7 });
    expect(tally.topErrors(2)).toEqual([
      { kind: 'ERR_INPUT', message: 'data.jsonl:4: the line is not JSON.', count: 3, example: 4 },
      { kind: 'Error', message: 'row 17 of "a" is bad', count: 2, example: 1 },
    ]);
  });

  it('stays small when every message is new', () => {
    const tally = new Tally();
    const word = (n: number): string =>
      n.toString(26).replace(/\d/g, (digit) => String.fromCharCode(97 + 16 + Number(digit)));
    for (let i = 0; i < 5000; i++)
      tally.add({ index: i, id: i, ok: false, error: { name: 'Error', message: word(i) } });
    expect(tally.failed).toBe(5000);
    expect(tally.topErrors(Infinity).length).toBeLessThanOrEqual(1000);
  });
});

describe('the summary', () => {
  const report: RunReport = {
    exitCode: 1,
    ok: 990,
    failed: 10,
    notDone: 0,
    restUnread: false,
    wallMs: 12_300,
    ratePerS: 81.3,
    runMs: { p50: 12, p90: 20, p99: 31 },
    errors: [{ kind: 'TypeError', message: 'x is\nnot a function', count: 10, example: 'a\u001b.txt' }],
    output: 'out/results.jsonl',
    signal: null,
    broken: null,
  };

  it('says what happened, how fast, what failed and where the results are', () => {
    expect(renderSummary(report, 'compress', PLAIN)).toBe(
      [
        'compress: 1,000 items in 12.3 s (81.3/s)',
        '  990 ok · 10 failed',
        '  run time p50 12 ms · p90 20 ms · p99 31 ms',
        '  errors:',
        '    10 × TypeError: x is not a function (first: a.txt)',
        '  results: out/results.jsonl',
        '',
      ].join('\n'),
    );
  });

  it('says that a run was stopped and what it left', () => {
    const stopped: RunReport = {
      ...report,
      ok: 1,
      failed: 0,
      errors: [],
      runMs: null,
      output: null,
      signal: 'SIGINT',
      notDone: 5,
      restUnread: true,
    };
    expect(renderSummary(stopped, 'n', PLAIN)).toBe(
      'n: 1 item in 12.3 s (81.3/s), stopped by SIGINT\n  1 ok · 0 failed · 5 not done · the rest of the input was not read\n',
    );
  });
});

describe('pool options', () => {
  it('are those of the file, overridden by the command line, with output of workers on standard error', () => {
    expect(
      poolOptionsFor(
        'n',
        { kind: 'thread', workers: 2, queueTimeoutMs: 50, timeoutMs: 10 },
        { workers: 3, timeoutMs: 20 },
      ),
    ).toEqual({
      name: 'n',
      kind: 'thread',
      workers: 3,
      timeoutMs: 20,
      queue: { timeoutMs: 50 },
      stdio: 'stderr',
    });
  });
});

describe('the JSON schema', () => {
  it('describes every section and refuses unknown keys', () => {
    const schema = workloadJsonSchema() as {
      properties: Record<string, unknown>;
      required: string[];
      additionalProperties: boolean;
    };
    expect(Object.keys(schema.properties)).toEqual([
      '$schema',
      'version',
      'name',
      'worker',
      'task',
      'input',
      'output',
      'pool',
      'profile',
    ]);
    expect(schema.required).toEqual(['version', 'worker', 'input']);
    expect(schema.additionalProperties).toBe(false);
  });
});
