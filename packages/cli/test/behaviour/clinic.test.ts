import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findClinic } from '../../src/clinic/find-clinic.js';
import { withoutClinic } from '../../src/clinic/run-under-clinic.js';
import { fixture, gate, millpond, start, tempFolder, workloadFolder } from './millpond.js';

/** A folder with a program `clinic`, as npm would put it there. */
async function clinicIn(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await copyFile(fixture('clinic.mjs'), join(folder, 'clinic.mjs'));
  await writeFile(
    join(folder, 'clinic'),
    `#!/bin/sh\nexec "${process.execPath}" "${join(folder, 'clinic.mjs')}" "$@"\n`,
  );
  await chmod(join(folder, 'clinic'), 0o755);
  return folder;
}

const path = (folder: string) => ({ PATH: [folder, process.env['PATH']].join(delimiter) });
const SEEN =
  'export default () => [process.env.NODE_OPTIONS ?? null, process.env.NODE_CLINIC_TEST ?? null, process.execArgv.length];\n';

describe.skipIf(process.platform === 'win32')('millpond run --clinic', () => {
  it('runs the same command line under the clinic on PATH, and says what it sees', async () => {
    const cwd = await workloadFolder({ input: { range: { from: 1, to: 3 } } });
    const env = path(await clinicIn(await tempFolder()));
    const run = await millpond(['run', 'w.yaml', '--limit', '2', '--clinic', 'flame', '-o', 'r.jsonl'], { cwd, env });
    expect(run).toMatchObject({ code: 0, stdout: 'clinic has seen the end: 0\n' });
    expect(run.stderr).toContain(
      'clinic flame sees the process of millpond only: its event loop, its memory, its code. Workers do not appear.',
    );
    expect(JSON.parse(await readFile(join(cwd, 'clinic-called.json'), 'utf8'))).toEqual({
      tool: 'flame',
      flags: ['--open=false'],
      program: ['run', 'w.yaml', '--limit', '2', '-o', 'r.jsonl'],
    });
    expect((await readFile(join(cwd, 'r.jsonl'), 'utf8')).trimEnd().split('\n')).toHaveLength(2);
  });

  it('finds it in node_modules of a folder above, before PATH', async () => {
    const folder = await tempFolder();
    await clinicIn(join(folder, 'node_modules', '.bin'));
    const cwd = join(folder, 'deep', 'down');
    await mkdir(cwd, { recursive: true });
    await writeFile(
      join(cwd, 'w.yaml'),
      `version: 1\nworker: ${fixture('echo.mjs')}\ninput: { items: [1] }\npool: { workers: 1 }\n`,
    );
    const run = await millpond(['run', 'w.yaml', '--clinic=doctor', '-q'], { cwd });
    expect(run).toMatchObject({ code: 0 });
    expect(run.stdout).toContain('clinic has seen the end: 0');
    const { command } = findClinic({ cwd, path: '/usr/bin', platform: 'linux', node: process.execPath }) ?? {};
    expect(command).toBe(join(folder, 'node_modules', '.bin', 'clinic'));
  });

  it.each(['process', 'thread'])(
    'keeps clinic out of workers of kind %s, and gives them the variables of before',
    async (kind) => {
      const files = { 'seen.mjs': SEEN };
      const cwd = await workloadFolder(
        { worker: 'seen.mjs', input: { items: [1] }, pool: { kind, workers: 1 } },
        files,
      );
      const env = { ...path(await clinicIn(await tempFolder())), NODE_OPTIONS: '--no-warnings' };
      const run = await millpond(['run', 'w.yaml', '--clinic', 'doctor', '-q'], { cwd, env });
      expect(run.code).toBe(0);
      const [line = ''] = run.stdout.split('\n');
      const { value } = JSON.parse(line) as { value: [string, null, number] };
      expect(value.slice(0, 2)).toEqual(['--no-warnings', null]);
    },
  );

  it('has the exit code of the run, of which clinic sees none: it would make no report', async () => {
    const files = { 'fail.mjs': "export default () => { throw new Error('no'); };\n" };
    const cwd = await workloadFolder({ worker: 'fail.mjs', input: { items: [1] } }, files);
    const run = await millpond(['run', 'w.yaml', '--clinic', 'doctor', '-q'], {
      cwd,
      env: path(await clinicIn(await tempFolder())),
    });
    expect(run.code).toBe(1);
    expect(run.stdout).toContain('clinic has seen the end: 0');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('passes %s on once: what runs is finished, and clinic ends as usual', async (signal, code) => {
    const { path: socket, running } = await gate();
    const cwd = await workloadFolder({
      ...{ worker: fixture('hold.mjs'), input: { range: { from: 1, to: 100 } }, output: { jsonl: 'r.jsonl' } },
      pool: { workers: 1, workerData: socket },
    });
    const run = start(['run', 'w.yaml', '--clinic', 'doctor'], {
      cwd,
      input: '',
      env: path(await clinicIn(await tempFolder())),
    });
    const first = await running();
    run.child.kill(signal);
    await run.saw('finishing 1 task, Ctrl-C again to kill');
    first.release();
    const ended = await run.ended;
    expect(ended.code).toBe(code);
    expect(ended.stdout).toContain('clinic has seen the end: 0');
    expect((await readFile(join(cwd, 'r.jsonl'), 'utf8')).trimEnd().split('\n')).toHaveLength(1);
  });

  it('kills what runs at the second signal', async () => {
    const { path: socket, running } = await gate();
    const cwd = await workloadFolder({
      ...{ worker: fixture('hold.mjs'), input: { range: { from: 1, to: 100 } } },
      pool: { workers: 1, workerData: socket },
    });
    const run = start(['run', 'w.yaml', '--clinic', 'doctor'], {
      cwd,
      input: '',
      env: path(await clinicIn(await tempFolder())),
    });
    await running();
    run.child.kill('SIGINT');
    await run.saw('finishing 1 task');
    run.child.kill('SIGINT');
    expect((await run.ended).code).toBe(130);
  });

  it('says so when clinic itself fails', async () => {
    const cwd = await workloadFolder({ input: { items: [1] } });
    const folder = await tempFolder({ clinic: '#!/bin/sh\nexit 7\n' });
    await chmod(join(folder, 'clinic'), 0o755);
    const run = await millpond(['run', 'w.yaml', '--clinic', 'doctor'], { cwd, env: path(folder) });
    expect(run.code).toBe(3);
    expect(run.stderr).toContain('clinic ended with 7, before the run did.');
    await chmod(join(folder, 'clinic'), 0o644);
    const unable = await millpond(['run', 'w.yaml', '--clinic', 'doctor'], { cwd, env: path(folder) });
    expect(unable.code).toBe(3);
    expect(unable.stderr).toContain('clinic could not be started: permission denied');
  });

  it('says how to install it where it is missing, and runs nothing', async () => {
    const cwd = await workloadFolder({ worker: fixture('throw-at-load.mjs'), input: { items: [1] } });
    const run = await millpond(['run', 'w.yaml', '--clinic', 'doctor'], { cwd, env: { PATH: '/nowhere' } });
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain('npm install --save-dev clinic');
    expect(run.stderr).toContain('Workers'.toLowerCase());
  });

  it('refuses other tools', async () => {
    const run = await millpond(['run', 'w.yaml', '--clinic', 'surgeon']);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('Allowed choices are doctor, flame, bubbleprof, heapprofiler.');
  });
});

describe('the way to clinic', () => {
  it('is a script that Node runs on Windows, because a shell reads arguments in its own way', async () => {
    const folder = await tempFolder({
      'node_modules/.bin/clinic.cmd': '',
      'node_modules/clinic/bin.js': '',
      'global/clinic.cmd': '',
      'global/node_modules/clinic/bin.js': '',
      'broken/clinic.cmd': '',
    });
    const find = (cwd: string, onPath?: string) =>
      findClinic({ cwd, path: onPath, platform: 'win32', node: 'node.exe' });
    expect(find(folder)).toEqual({ command: 'node.exe', args: [join(folder, 'node_modules/clinic/bin.js')] });
    const elsewhere = await tempFolder();
    expect(find(elsewhere, join(folder, 'global'))).toEqual({
      command: 'node.exe',
      args: [join(folder, 'global/node_modules/clinic/bin.js')],
    });
    expect(find(elsewhere, join(folder, 'broken'))).toBeUndefined();
  });

  it('leaves out its own flag and nothing else', () => {
    expect(withoutClinic(['run', '--clinic', 'doctor', 'w.yaml', '-o', 'doctor'])).toEqual([
      'run',
      'w.yaml',
      '-o',
      'doctor',
    ]);
    expect(withoutClinic(['run', 'w.yaml', '--clinic=flame'])).toEqual(['run', 'w.yaml']);
  });
});
