import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fixture, withPool } from './pools.js';
import { withFolder } from './temp.js';

const WAYS = ['truncates', 'writes zeros over', 'closes'];

describe.each(WAYS)('a task that %s what its worker shares with the pool', (how) => {
  it.each([
    [0, 1],
    [1, 2],
  ])('and ends it, with retry %i, is started %i times at most', async (attempts, most) => {
    await withFolder(async (folder) => {
      const path = join(folder, 'starts');
      await withPool('wipes-board.mjs', { workers: 2, restart: { max: 20 } }, async (pool) => {
        await pool.ready();
        const call = { retry: { attempts, backoff: { baseMs: 1 } } };
        const others = Array.from({ length: 40 }, (_, n) => pool.run('echo', n));
        const [end] = await Promise.allSettled([pool.run('wipe', { path, how, dies: true }, call)]);
        expect(end).toMatchObject({
          reason: { code: expect.stringMatching(/ERR_(WORKER_CRASHED|TASK_POISON)/) as string },
        });
        await Promise.allSettled(others);
        expect(readFileSync(path, 'utf8').length).toBeLessThanOrEqual(most);
        expect(await pool.run('echo', 'lives')).toBe('lives');
      });
    });
  });

  it('and goes on, costs the pool no more than that worker: everything settles', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'starts');
      await withPool('wipes-board.mjs', { workers: 1, restart: { max: 20 } }, async (pool) => {
        await pool.ready();
        await Promise.allSettled([pool.run('wipe', { path, how, dies: false })]);
        await Promise.allSettled(Array.from({ length: 40 }, (_, n) => pool.run('echo', n)));
        expect(readFileSync(path, 'utf8')).toBe('x');
        expect(await pool.run('echo', 'lives')).toBe('lives');
      });
    });
  });
});

/** Whether this user may have a /dev/shm of its own. */
function mayMount(): boolean {
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', '/dev/shm'], {
      stdio: 'ignore',
    });
    return existsSync('/dev/shm');
  } catch {
    return false;
  }
}

describe.skipIf(!mayMount())('shared memory that is full', () => {
  it.each([
    ['before the pool starts', '256k', 'before'],
    ['before the pool starts, with room for one worker', '900k', 'before'],
    ['while the pool works', '2m', 'during'],
    ['while the pool works', '16m', 'during'],
  ])('%s (%s) ends no program: all settles', (_when, size, mode) => {
    const program = fileURLToPath(fixture('programs/fills-shared-memory.mjs'));
    const script = `mount -t tmpfs -o size=${size} tmpfs /dev/shm && exec "$0" "$1" "$2"`;
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      ['-m', 'sh', '-c', script, process.execPath, program, mode],
      {
        encoding: 'utf8',
      },
    );
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual({
      timeout: 'ERR_TASK_TIMEOUT',
      deadline: 'ERR_TASK_TIMEOUT',
      abort: 'AbortError',
      echoes: 500,
      large: 20,
      closed: true,
    });
  });
});
