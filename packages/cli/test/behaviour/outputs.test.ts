import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { millpond, start, workloadFolder } from './millpond.js';

const ESCAPE = '\u001b[';

describe('--output', () => {
  it('wins over the file, relative to the working directory', async () => {
    const cwd = await workloadFolder({ input: { items: [1] }, output: { jsonl: 'of-file.jsonl' } });
    expect((await millpond(['run', 'w.yaml', '-o', 'mine/r.jsonl'], { cwd })).code).toBe(0);
    expect(await readFile(join(cwd, 'mine/r.jsonl'), 'utf8')).toContain('"ok":true');
    await expect(stat(join(cwd, 'of-file.jsonl'))).rejects.toThrow();
  });

  it('is standard output for -', async () => {
    const cwd = await workloadFolder({ input: { items: [1] }, output: { jsonl: 'of-file.jsonl' } });
    expect((await millpond(['run', 'w.yaml', '-o', '-'], { cwd })).lines()).toHaveLength(1);
  });

  it('keeps earlier results when the run cannot start, and replaces them when it can', async () => {
    const cwd = await workloadFolder(
      { worker: 'w.mjs', input: { items: [1] }, output: { jsonl: 'r.jsonl' } },
      { 'w.mjs': 'throw 1', 'r.jsonl': 'earlier\n' },
    );
    expect((await millpond(['run', 'w.yaml'], { cwd })).code).toBe(3);
    expect(await readFile(join(cwd, 'r.jsonl'), 'utf8')).toBe('earlier\n');
    await writeFile(join(cwd, 'w.mjs'), 'export default (x) => x;');
    expect((await millpond(['run', 'w.yaml'], { cwd })).code).toBe(0);
    expect(await readFile(join(cwd, 'r.jsonl'), 'utf8')).toBe('{"index":0,"id":0,"ok":true,"value":1}\n');
  });

  it('may not be a file the run reads', async () => {
    const cwd = await workloadFolder({ input: { lines: 'in.txt' } }, { 'in.txt': 'precious\n' });
    const run = await millpond(['run', 'w.yaml', '-o', './in.txt'], { cwd });
    expect(run).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Results would overwrite in.txt') as unknown,
    });
    expect(await readFile(join(cwd, 'in.txt'), 'utf8')).toBe('precious\n');
  });

  it('that cannot be opened breaks the run before it starts', async () => {
    const cwd = await workloadFolder({ input: { items: [1] } }, { 'a-file': '' });
    const run = await millpond(['run', 'w.yaml', '-o', 'a-file/r.jsonl'], { cwd });
    expect(run.code).toBe(3);
    expect(run.stderr).toBe(
      'millpond: Results cannot be written to a-file/r.jsonl: a file stands where a folder must be.\n',
    );
  });

  it('that becomes full breaks the run', async () => {
    const cwd = await workloadFolder({ input: { range: { from: 1, to: 100000 } } });
    const run = await millpond(['run', 'w.yaml', '-o', '/dev/full'], { cwd });
    expect(run.code).toBe(3);
    expect(run.stderr).toMatch(/run broken: Results cannot be written to .*full: no space left on the device\.\n$/);
    expect(run.stderr).toContain('not done');
  });
});

describe('--json', () => {
  it('prints start, items with their values, and the end', async () => {
    const cwd = await workloadFolder({ name: 'n', input: { items: ['a', { fail: 'no' }] } });
    const run = await millpond(['run', 'w.yaml', '--json'], { cwd });
    expect(run.code).toBe(1);
    const events = run.lines().filter(({ type }) => type !== 'progress');
    expect(events).toMatchObject([
      { v: 1, type: 'start', name: 'n', task: 'default', total: 2, output: null },
      { v: 1, type: 'item', index: 0, id: 0, ok: true, value: 'a' },
      { v: 1, type: 'item', index: 1, id: 1, ok: false, error: { message: 'no' } },
      {
        v: 1,
        type: 'end',
        exitCode: 1,
        ok: 1,
        failed: 1,
        notDone: 0,
        errors: [{ kind: 'TypeError', count: 1 }],
        signal: null,
        broken: null,
      },
    ]);
  });

  it('leaves values to the output file when there is one', async () => {
    const cwd = await workloadFolder({ input: { items: ['a'] }, output: { jsonl: 'r.jsonl', input: true } });
    const run = await millpond(['run', 'w.yaml', '--json', '--quiet'], { cwd });
    expect(run.lines().find(({ type }) => type === 'item')).toEqual({ v: 1, type: 'item', index: 0, id: 0, ok: true });
    expect(run.lines()[0]).toMatchObject({ type: 'start', output: join(cwd, 'r.jsonl') });
    expect(await readFile(join(cwd, 'r.jsonl'), 'utf8')).toBe('{"index":0,"id":0,"input":"a","ok":true,"value":"a"}\n');
  });

  it('tells a broken run in its last event', async () => {
    const cwd = await workloadFolder(
      { worker: 'w.mjs', input: { items: ['a'] } },
      { 'w.mjs': 'throw new Error("no start")' },
    );
    const run = await millpond(['run', 'w.yaml', '--json', '-q'], { cwd });
    expect(run.code).toBe(3);
    expect(run.lines().at(-1)).toMatchObject({
      type: 'end',
      exitCode: 3,
      broken: expect.stringContaining('no start') as unknown,
    });
  });
});

describe('--quiet', () => {
  it('leaves standard error empty when all goes well, and when items fail', async () => {
    const cwd = await workloadFolder({ input: { items: ['a', { fail: 'no' }] } });
    const run = await millpond(['run', 'w.yaml', '--quiet'], { cwd });
    expect(run).toMatchObject({ code: 1, stderr: '' });
    expect(run.lines()).toHaveLength(2);
  });

  it('still says why a run cannot be', async () => {
    const run = await millpond(['run', 'none.yaml', '--quiet']);
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('no such file') as unknown });
  });
});

describe('a reader that goes away', () => {
  it('ends the run quietly', async () => {
    const cwd = await workloadFolder({ input: { range: { from: 1, to: 1_000_000_000 } } });
    const run = start(['run', 'w.yaml'], { cwd, input: '' });
    run.child.stdout?.once('data', () => run.child.stdout?.destroy());
    const ended = await run.ended;
    expect(ended.code).toBe(0);
    expect(ended.stderr).toBe('');
  });

  it('ends a run with events quietly too', async () => {
    const cwd = await workloadFolder({
      input: { range: { from: 1, to: 1_000_000_000 } },
      output: { jsonl: 'r.jsonl' },
    });
    const run = start(['run', 'w.yaml', '--json'], { cwd, input: '' });
    run.child.stdout?.once('data', () => run.child.stdout?.destroy());
    expect(await run.ended).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('colour', () => {
  const bad = { input: { items: ['a', { fail: 'no' }] } };

  it('is off where there is no terminal', async () => {
    const cwd = await workloadFolder(bad);
    expect((await millpond(['run', 'w.yaml'], { cwd })).stderr).not.toContain(ESCAPE);
  });

  it('is on with FORCE_COLOR, and never in results', async () => {
    const cwd = await workloadFolder(bad);
    const run = await millpond(['run', 'w.yaml'], { cwd, env: { FORCE_COLOR: '1' } });
    expect(run.stderr).toContain(ESCAPE);
    expect(run.stdout).not.toContain(ESCAPE);
  });

  it.each([
    [['--no-color'], { FORCE_COLOR: '1' }],
    [[], { FORCE_COLOR: '1', NO_COLOR: '1' }],
  ])('is off with %j %j', async (args, env) => {
    const cwd = await workloadFolder(bad);
    const run = await millpond(['run', 'w.yaml', ...args], { cwd, env });
    expect(run.stderr).not.toContain(ESCAPE);
    expect((await millpond(['run', 'none.yaml', ...args], { env })).stderr).not.toContain(ESCAPE);
  });
});

describe('what comes from outside', () => {
  it('cannot steer the terminal', async () => {
    const cwd = await workloadFolder({ input: { items: [{ fail: 'evil \u001b]0;title\u0007\u001b[2J message' }] } });
    const run = await millpond(['run', 'w.yaml'], { cwd });
    expect(run.stderr).toContain('evil');
    expect(run.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});
