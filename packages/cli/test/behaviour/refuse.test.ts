import { describe, expect, it } from 'vitest';
import { fixture, millpond, tempFolder, workloadFolder } from './millpond.js';

describe('millpond run, when something is wrong before it starts', () => {
  it('lists all problems of the file with their places and exits 2', async () => {
    const text = `version: 1\nworker: ${fixture('echo.mjs')}\ninput: { items: [1] }\npool:\n  kind: proces\n  wrokers: 4\n`;
    const cwd = await tempFolder({ 'w.yaml': text });
    const run = await millpond(['run', 'w.yaml'], { cwd });
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toBe(
      [
        'w.yaml:5:9: pool.kind: must be one of process, thread, inline; received "proces". Did you mean "process"?',
        '  5 |   kind: proces',
        '    |         ^',
        'w.yaml:6:3: pool.wrokers: is an unknown key. Did you mean "workers"?',
        '  6 |   wrokers: 4',
        '    |   ^',
        '2 problems in w.yaml; nothing was run.',
        '',
      ].join('\n'),
    );
  });

  it('names a worker module that does not exist', async () => {
    const cwd = await tempFolder({ 'w.json': '{"version": 1, "worker": "none.mjs", "input": {"items": []}}' });
    const run = await millpond(['run', 'w.json'], { cwd });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('w.json:1:26: worker: worker module not usable: no such file or folder: none.mjs');
  });

  it('says which tasks there are when the worker module has not the one asked for', async () => {
    const cwd = await workloadFolder({ input: { range: { from: 1, to: 1000 } }, task: 'lenght' });
    const run = await millpond(['run', 'w.yaml'], { cwd });
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toMatch(
      /w\.yaml:\d+:7: task: Worker module .*echo\.mjs exports no handler "lenght"\. Did you mean "length"\?/,
    );
  });

  it('exits 3 when the workers cannot start, before any item is taken', async () => {
    const cwd = await workloadFolder({ worker: fixture('throw-at-load.mjs'), input: { range: { from: 1, to: 9 } } });
    const run = await millpond(['run', 'w.yaml'], { cwd });
    expect(run).toMatchObject({ code: 3, stdout: '' });
    expect(run.stderr).toContain('this module cannot be loaded');
    expect(run.stderr).toContain('9 not done');
  });

  it.skipIf(Boolean((process.features as { typescript?: unknown }).typescript))(
    'points at a worker this Node cannot load',
    async () => {
      const cwd = await workloadFolder(
        { worker: './w.ts', input: { items: [1] } },
        { 'w.ts': 'export default (x: number) => x;' },
      );
      const run = await millpond(['run', 'w.yaml'], { cwd });
      expect(run.code).toBe(2);
      expect(run.stderr).toMatch(/^w\.yaml:2:9: worker: .*is TypeScript/);
    },
  );

  it.each([
    ['--limit', '0'],
    ['--limit', '1.5'],
    ['--workers', 'many'],
    ['--timeout', '-1'],
    ['--nonsense', ''],
  ])('exits 2 for %s %s', async (flag, value) => {
    const run = await millpond(['run', 'w.yaml', flag, ...(value === '' ? [] : [value])]);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain(flag);
  });

  it('exits 2 for no command, an unknown command, or a missing file name', async () => {
    expect((await millpond([])).code).toBe(2);
    expect(await millpond(['rum'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean run?') as unknown,
    });
    expect((await millpond(['run'])).code).toBe(2);
  });

  it('prints version and help', async () => {
    expect(await millpond(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as unknown,
    });
    expect((await millpond(['--help'])).stdout).toContain('Examples:');
    expect(await millpond(['run', '--help'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('--fail-fast') as unknown,
    });
  });
});
