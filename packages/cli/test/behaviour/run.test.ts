import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixture, millpond, workloadFolder } from './millpond.js';

describe('millpond run', () => {
  it('writes one result line an item to the output file, in input order, and exits 0', async () => {
    const cwd = await workloadFolder({
      input: { range: { from: 1, to: 500 } },
      output: { jsonl: 'out/deep/results.jsonl' },
    });
    const run = await millpond(['run', 'w.yaml'], { cwd });
    expect(run).toMatchObject({ code: 0, stdout: '' });
    const lines = (await readFile(join(cwd, 'out/deep/results.jsonl'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toEqual(
      Array.from({ length: 500 }, (_, index) => ({ index, id: index + 1, ok: true, value: index + 1 })),
    );
    expect(run.stderr).toMatch(/progress: 500\/500 \(100%\) .* 0 failed/);
    expect(run.stderr).toMatch(
      /w: 500 items in .*\n {2}500 ok · 0 failed\n {2}run time p50 .*\n {2}results: out\/deep\/results\.jsonl\n$/,
    );
  });

  it('writes to standard output when no file is named, and relative paths start at the workload file', async () => {
    const cwd = await workloadFolder(
      { input: { lines: 'data/in.txt' }, task: 'length' },
      { 'data/in.txt': 'ab\nabc\n' },
    );
    const run = await millpond(['run', join(cwd, 'w.yaml')]);
    expect(run.lines()).toEqual([
      { index: 0, id: 1, ok: true, value: 2 },
      { index: 1, id: 2, ok: true, value: 3 },
    ]);
  });

  it('goes on after failing items, tells their errors, and exits 1', async () => {
    const items = [
      'a',
      { fail: 'row 1 is bad', code: 'E_ROW' },
      'b',
      { fail: 'row 2 is bad', code: 'E_ROW' },
      { fail: 'other' },
    ];
    const cwd = await workloadFolder({ input: { items } });
    const run = await millpond(['run', 'w.yaml'], { cwd });
    expect(run.code).toBe(1);
    expect(run.lines()).toMatchObject([
      { ok: true, value: 'a' },
      { index: 1, id: 1, ok: false, error: { name: 'TypeError', message: 'row 1 is bad', code: 'E_ROW' } },
      { ok: true, value: 'b' },
      { ok: false },
      { ok: false, error: { name: 'TypeError', message: 'other' } },
    ]);
    expect(run.stderr).toContain('2 ok · 3 failed');
    expect(run.stderr).toContain('2 × E_ROW: row 1 is bad (first: 1)');
    expect(run.stderr).toContain('1 × TypeError: other (first: 4)');
  });

  it('fails only the item a worker dies of', async () => {
    const cwd = await workloadFolder({ worker: fixture('exit-during-task.mjs'), input: { items: ['a', 'die', 'b'] } });
    const run = await millpond(['run', 'w.yaml'], { cwd });
    expect(run.code).toBe(1);
    expect(run.lines()).toMatchObject([
      { ok: true },
      { ok: false, error: { code: 'ERR_WORKER_CRASHED' } },
      { ok: true },
    ]);
  });

  it('takes no new items after the first failure with --fail-fast', async () => {
    const cwd = await workloadFolder({
      input: { items: [{ fail: 'no' }, ...Array(5000).keys()] },
      pool: { workers: 1 },
    });
    const run = await millpond(['run', 'w.yaml', '--fail-fast'], { cwd });
    expect(run.code).toBe(1);
    expect(run.lines()[0]).toMatchObject({ ok: false });
    expect(run.lines().length).toBeLessThan(5000);
    expect(run.stderr).toMatch(/1 failed · [\d,]+ not done/);
  });

  it('takes only the first items with --limit', async () => {
    const cwd = await workloadFolder({ input: { range: { from: 1, to: 1000000000 } } });
    const run = await millpond(['run', 'w.yaml', '--limit', '3'], { cwd });
    expect(run.code).toBe(0);
    expect(run.lines().map(({ value }) => value as unknown)).toEqual([1, 2, 3]);
    expect(run.stderr).toContain('progress: 3/3 (100%)');
  });

  it('lets --timeout and --workers win over the file', async () => {
    const worker = 'export default () => new Promise((resolve) => setTimeout(resolve, 2 ** 30));\n';
    const cwd = await workloadFolder(
      { worker: 'never.mjs', input: { items: [1] }, pool: { timeoutMs: 1e6, graceMs: 0 } },
      { 'never.mjs': worker },
    );
    const run = await millpond(['run', 'w.yaml', '--timeout', '50', '--workers', '1'], { cwd });
    expect(run.code).toBe(1);
    expect(run.lines()).toMatchObject([{ error: { code: 'ERR_TASK_TIMEOUT' } }]);
  });

  it('passes the settings of the pool on', async () => {
    const pool = {
      kind: 'process',
      workers: 1,
      workerData: { a: [1] },
      execArgv: ['--no-warnings'],
      env: { MILLPOND_TEST: 'yes', PATH: '/bin' },
    };
    const cwd = await workloadFolder({ input: { items: ['MILLPOND_TEST', 'HOME'] }, task: 'environment', pool });
    const run = await millpond(['run', 'w.yaml'], { cwd, env: { HOME: '/somewhere' } });
    expect(run.lines()).toMatchObject([
      { value: { value: 'yes', workerData: { a: [1] }, argv: expect.arrayContaining(['--no-warnings']) as unknown } },
      { value: {} },
    ]);
    expect(run.lines()[1].value.value).toBeUndefined();
  });

  it('has new workers do warm-up tasks, and reads sizes', async () => {
    const pool = {
      workers: 1,
      warmup: { tasks: [{ name: 'setWarm', input: 'yes' }] },
      memory: { limitBytes: '64 GiB', perWorkerBytes: '300 MiB' },
    };
    const cwd = await workloadFolder({ input: { range: { from: 1, to: 3 } }, task: 'state', pool });
    const run = await millpond(['run', 'w.yaml'], { cwd });
    expect(run).toMatchObject({ code: 0 });
    const states = run.lines().map(({ value }) => value as { warm: string; argv: string[] });
    for (const { warm, argv } of states) {
      expect(warm).toBe('yes');
      expect(argv).toContain('--max-old-space-size=300');
    }
  });

  it('runs handlers that wait side by side in one worker', async () => {
    const pool = { workers: 1, concurrency: { max: 4 }, timeoutMs: 20_000 };
    const cwd = await workloadFolder({ input: { items: [2, 2] }, task: 'gather', pool });
    expect((await millpond(['run', 'w.yaml'], { cwd })).lines()).toMatchObject([{ value: 2 }, { value: 2 }]);
  });

  it('lets MILLPOND_WORKERS stand for what the file leaves open, and refuses nonsense in it', async () => {
    const cwd = await workloadFolder({ input: { items: [1] }, pool: { workers: 'auto' } });
    const good = await millpond(['run', 'w.yaml'], { cwd, env: { MILLPOND_WORKERS: '1' } });
    expect(good.code).toBe(0);
    const bad = await millpond(['run', 'w.yaml'], { cwd, env: { MILLPOND_WORKERS: 'many' } });
    expect(bad).toMatchObject({ code: 2, stdout: '' });
    expect(bad.stderr).toMatch(/^millpond: Option "MILLPOND_WORKERS" must be an integer from 1 to 4096 .*"many"/);
  });

  it.each(['process', 'thread', 'inline'])(
    'keeps standard output for results, whatever a handler of kind %s prints',
    async (kind) => {
      const cwd = await workloadFolder({ input: { items: ['x'] }, task: 'talk', pool: { kind, workers: 1 } });
      const run = await millpond(['run', 'w.yaml'], { cwd });
      expect(run.lines()).toEqual([{ index: 0, id: 0, ok: true, value: 'x' }]);
      expect(run.stderr).toContain('stdout of x');
      expect(run.stderr).toContain('stderr of x');
    },
  );

  it('writes values that JSON does not know', async () => {
    const cwd = await workloadFolder({ input: { items: [1] }, task: 'strange' });
    const run = await millpond(['run', 'w.yaml'], { cwd });
    expect(run.lines()[0].value).toEqual({
      big: '1',
      bytes: { $bytes: 'aGk=' },
      map: { $map: [[1, { $set: [2] }]] },
      not: 'NaN',
    });
  });

  it('repeats items in their lines when asked to', async () => {
    const cwd = await workloadFolder({ input: { items: ['a', { fail: 'no' }] }, output: { input: true } });
    const run = await millpond(['run', 'w.yaml'], { cwd });
    expect(run.lines()).toMatchObject([
      { input: 'a', ok: true },
      { input: { fail: 'no' }, ok: false },
    ]);
  });

  it('writes the profile a workload asks for', async () => {
    const cwd = await workloadFolder({
      input: { range: { from: 1, to: 50 } },
      profile: { text: true, json: 'out/profile.json' },
    });
    const run = await millpond(['run', 'w.yaml', '-o', 'r.jsonl'], { cwd });
    expect(run.code).toBe(0);
    expect(run.stderr).toContain('profile: out/profile.json');
    expect(JSON.parse(await readFile(join(cwd, 'out/profile.json'), 'utf8'))).toBeTypeOf('object');
  });

  it('runs a workload without items', async () => {
    const cwd = await workloadFolder({ input: { items: [] } });
    expect(await millpond(['run', 'w.yaml'], { cwd })).toMatchObject({ code: 0, stdout: '' });
  });
});
