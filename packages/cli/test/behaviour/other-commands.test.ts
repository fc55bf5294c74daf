import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixture, millpond, tempFolder, workloadFolder } from './millpond.js';

describe('millpond run --dry-run', () => {
  it('shows the plan and starts nothing', async () => {
    const cwd = await workloadFolder({
      name: 'dry',
      worker: fixture('throw-at-load.mjs'),
      input: { range: { from: 1, to: 1000 } },
      output: { jsonl: 'out/r.jsonl' },
      pool: { workers: 2, env: { TOKEN: 'secret' } },
    });
    const run = await millpond(['run', 'w.yaml', '--dry-run', '--limit', '100', '--workers', '7'], { cwd });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toContain(`worker  ${fixture('throw-at-load.mjs')}`);
    expect(run.stdout).toMatch(
      /task +default\ninput +range 1 to 1000\nitems +100\n( +(\d) {2}\2\n){5} +…\noutput +out\/r\.jsonl/,
    );
    expect(run.stdout).toContain('workers: 7');
    expect(run.stdout).toContain('env: ["TOKEN"]');
    await expect(stat(join(cwd, 'out'))).rejects.toThrow();
  });

  it('gives the plan as JSON, bad items included', async () => {
    const cwd = await workloadFolder({ input: { jsonl: 'in.jsonl' } }, { 'in.jsonl': '{"a":1}\n{\n' });
    const run = await millpond(['run', 'w.yaml', '-n', '--json'], { cwd });
    expect(JSON.parse(run.stdout)).toMatchObject({
      task: 'default',
      total: null,
      firstItems: [
        { id: 1, value: { a: 1 } },
        { id: 2, problem: expect.stringContaining('not valid JSON') as unknown },
      ],
    });
  });

  it('does not read standard input', async () => {
    const cwd = await workloadFolder({ input: { stdin: 'csv' } });
    expect(await millpond(['run', 'w.yaml', '-n'], { cwd })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('standard input (csv)') as unknown,
    });
  });
});

describe('millpond validate', () => {
  it('says that a file is right', async () => {
    const cwd = await workloadFolder({ input: { files: '*.yaml' } });
    expect(await millpond(['validate', 'w.yaml'], { cwd })).toMatchObject({
      code: 0,
      stdout: 'w.yaml: valid (1 file matching *.yaml)\n',
      stderr: '',
    });
  });

  it('finds what run would find, and starts nothing', async () => {
    const cwd = await workloadFolder({ worker: fixture('throw-at-load.mjs'), input: { lines: 'none.txt' } });
    const run = await millpond(['validate', 'w.yaml'], { cwd });
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toMatch(/w\.yaml:\d+:\d+: input\.lines: cannot read "none\.txt": no such file or folder/);
  });
});

describe('millpond init', () => {
  it('writes a workload that runs at once', async () => {
    const cwd = await tempFolder();
    const written = await millpond(['init', 'demo'], { cwd });
    expect(written.code).toBe(0);
    const next = /^ {2}millpond (.*)$/m.exec(written.stdout)?.[1] ?? '';
    expect(next).toBe('run demo/workload.yaml');
    const run = await millpond(next.split(' '), { cwd });
    expect(run).toMatchObject({ code: 0, stderr: expect.stringContaining('5 ok · 0 failed') as unknown });
  });

  it('overwrites nothing, and lists what is in the way', async () => {
    const cwd = await tempFolder({ 'worker.mjs': 'mine', 'input.txt': 'mine' });
    const run = await millpond(['init'], { cwd });
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain('worker.mjs\n  input.txt');
    expect(await readFile(join(cwd, 'worker.mjs'), 'utf8')).toBe('mine');
    await expect(stat(join(cwd, 'workload.yaml'))).rejects.toThrow();
  });

  it('keeps a .gitignore that is there already', async () => {
    const cwd = await tempFolder();
    await writeFile(join(cwd, '.gitignore'), 'node_modules/\n');
    const run = await millpond(['init', '.'], { cwd });
    expect(run).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('kept .gitignore; add the line "out/"') as unknown,
    });
    expect(await readFile(join(cwd, '.gitignore'), 'utf8')).toBe('node_modules/\n');
  });
});
