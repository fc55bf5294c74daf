import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fixture } from './pools.js';
import { runProgram } from './programs.js';
import { withFolder } from './temp.js';

describe('in Electron, whose executable is the application', () => {
  const program = fileURLToPath(fixture('programs/runs-in-electron.mjs'));

  /** An executable that starts the application, whatever it is given; Node only if it is asked to be that, and heeds it. */
  function executable(folder: string, heedsVariable: boolean): string {
    const path = join(folder, 'app');
    const asNode = heedsVariable ? `if [ -n "$ELECTRON_RUN_AS_NODE" ]; then exec '${process.execPath}' "$@"; fi\n` : '';
    writeFileSync(path, `#!/bin/sh\n${asNode}APP="$0" exec '${process.execPath}' '${program}'\n`);
    chmodSync(path, 0o755);
    return path;
  }

  it.each(['inherit', 'clean', { OWN: '1' }])('worker processes are Node, with env %j', async (env) => {
    await withFolder(async (folder) => {
      const end = await runProgram('runs-in-electron.mjs', [executable(folder, true), JSON.stringify(env)]);
      expect(end).toMatchObject({
        code: 0,
        stdout: 'ran as node: 1\n',
        stderr: 'application started, inWorker false\n',
      });
    });
  });

  it('an application that is started in place of its worker starts none in turn, and knows that it is one', async () => {
    await withFolder(async (folder) => {
      const { stdout, stderr } = await runProgram('runs-in-electron.mjs', [executable(folder, false)]);
      expect(stdout).toBe('ERR_POOL_FAILED\n');
      const lines = stderr.trim().split('\n');
      expect(lines[0]).toBe('application started, inWorker false');
      // Each of the five starts that a pool tries.
      const inWorker = lines.filter((line) => line === 'application started, inWorker true');
      expect(inWorker).toHaveLength(5);
      const refused = lines.filter((line) => /^refused: .* did not become one\. .* use kind "thread"/.test(line));
      expect(refused).toHaveLength(5);
    });
  });
});

/** Node 20 calls it experimental. */
const PERMISSION = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';
/** From Node 25 on, sockets need a permission, too. */
const NET = process.allowedNodeEnvironmentFlags.has('--allow-net') ? ['--allow-net'] : [];

describe("under Node's permission model", () => {
  /** Runs a program with these permissions and reading. */
  function run(kind: string, ...allowed: string[]): { stdout: string; status: number | null } {
    return runWith(['--allow-fs-read=*', ...allowed], kind);
  }

  function runWith(allowed: string[], ...words: string[]): { stdout: string; status: number | null } {
    const program = fileURLToPath(fixture('programs/has-permission.mjs'));
    const args = [PERMISSION, '--no-warnings', ...allowed, program, ...words];
    const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 });
    return { stdout, status };
  }

  it.runIf(existsSync('/dev/shm'))('processes say which flags are missing, and what else works', () => {
    expect(run('process').stdout).toMatch(
      /"kind" is "process", for which .* Start it with --allow-child-process --allow-fs-write=\/dev\/shm.*, or use kind "thread", which needs --allow-worker\./,
    );
    expect(run('process', '--allow-child-process', '--allow-worker').stdout).toMatch(
      /Start it with --allow-fs-write=\/dev\/shm.*, or use kind "thread", which needs no more permission\./,
    );
  });

  it('processes run with the flags that are asked for', () => {
    const flags = [
      '--allow-child-process',
      '--allow-worker',
      '--allow-fs-write=/dev/shm',
      '--allow-fs-write=/tmp',
      ...NET,
    ];
    expect(run('process', ...flags)).toEqual({ stdout: '1\n', status: 0 });
  });

  it('threads say that they need --allow-worker, and run with it', () => {
    expect(run('thread').stdout).toMatch(/"kind" is "thread", .* Start it with --allow-worker, or use kind "inline"/);
    expect(run('thread', '--allow-worker')).toEqual({ stdout: '1\n', status: 0 });
  });

  it('inline needs no permission', () => {
    expect(run('inline')).toEqual({ stdout: '1\n', status: 0 });
  });

  describe('with reading of the program alone', () => {
    const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
    const SHM = ['--allow-fs-write=/dev/shm', '--allow-fs-read=/dev/shm'];
    const runClosed = (kind: string, ...allowed: string[]): ReturnType<typeof runWith> =>
      runWith([`--allow-fs-read=${ROOT}`, ...allowed], kind);

    it.each(['thread', 'inline'])('kind %s takes files of the system for missing', (kind) => {
      expect(runClosed(kind, '--allow-worker')).toEqual({ stdout: '1\n', status: 0 });
    });

    it.runIf(existsSync('/dev/shm'))('processes say which flags are missing, or run with them', () => {
      const asked = runClosed('process', '--allow-child-process').stdout;
      const flags = asked.match(/(?<= |^)--allow-[\w-]+(=[^\s,]+)?/g) ?? [];
      expect(flags).toEqual([...SHM, ...NET, '--allow-worker', '--allow-worker']);
      expect(runClosed('process', '--allow-child-process', '--allow-worker', ...SHM, ...NET)).toEqual({
        stdout: '1\n',
        status: 0,
      });
    });

    it('a worker module that may not be read is refused by name', () => {
      const { stdout } = runWith([`--allow-fs-read=${ROOT}`, '--allow-worker'], 'thread', '/elsewhere/worker.mjs');
      expect(stdout).toMatch(/names a file that this program may not read: start it with --allow-fs-read=\/elsewhere/);
    });
  });
});

describe('in a program without streams for its output', () => {
  const scenes = ['process', 'thread'].flatMap((kind) =>
    ['pipe', 'ignore', 'inherit'].flatMap((stdio) =>
      ['nothing', 'no stream', 'a getter that throws', 'only on stdout, a getter that throws'].map((has) => ({
        kind,
        stdio,
        has,
      })),
    ),
  );

  it.each(scenes)(
    'workers of kind $kind with stdio "$stdio" print, and let it end, where process.stdout is $has',
    async ({ kind, stdio, has }) => {
      const { code, stderr } = await runProgram('has-no-stdout.mjs', [kind, stdio, has, 'ends by itself']);
      expect(stderr).toContain('printed 5000\n');
      expect(code).toBe(0);
    },
  );

  it.each(['process', 'thread'])('output of kind %s goes on after a write of the program that throws', async (kind) => {
    const { code, stdout, stderr } = await runProgram('write-throws.mjs', [kind, 'pipe']);
    expect(stderr).toContain('uncaught: not this one\n');
    expect(stderr).toContain('killed for: undefined\n');
    expect(stdout.length).toBeGreaterThan(4_500_000);
    expect(code).toBe(0);
  });

  it.each(['process', 'thread'])('workers of kind %s need no kill to end', async (kind) => {
    const { stderr } = await runProgram('has-no-stdout.mjs', [kind, 'inherit', 'nothing', 'closes its pool']);
    expect(stderr).toContain('killed for: undefined\n');
  });
});

describe('in a program that replaces what require() needs', () => {
  it.each(['process', 'thread', 'inline'])('policies can be used for the first time, kind %s', async (kind) => {
    expect(await runProgram('replaces-require.mjs', [kind])).toMatchObject({ stdout: '9 16\n', code: 0 });
  });
});

describe('a pool without policies', () => {
  it.each(['process', 'thread', 'inline'])('never loads their file, kind %s', async (kind) => {
    expect(await runProgram('loads-policies.mjs', [kind])).toMatchObject({ stdout: '4\nclosed\nloaded\n', code: 0 });
  });
});
