import { closeSync, openSync } from 'node:fs';
import { isPoolError, type Pool } from '@millpond/core';
import { describe, expect } from 'vitest';
import { fault, type Lab, rejection } from './lab.js';

/** Waits until the pool has given up, and checks what it says. */
async function givesUp(lab: Lab, pool: Pool, phase: string, words: RegExp): Promise<string> {
  const cpuBefore = process.cpuUsage();
  const pending = [rejection(pool.run('ping', 1)), rejection(pool.run('ping', 2)), rejection(pool.ready())];
  for (const error of await Promise.all(pending)) {
    expect(isPoolError(error, 'ERR_POOL_FAILED')).toBe(true);
    expect(error.cause).toMatchObject({ code: 'ERR_WORKER_START', details: { phase } });
    expect((error.cause as Error).message).toMatch(words);
  }
  // Two workers at once: when the fifth fails, a sixth may be on its way.
  expect(lab.deaths(pool).length).toBeLessThanOrEqual(6);
  const { user, system } = process.cpuUsage(cpuBefore);
  if (lab.isProcess) expect(user + system).toBeLessThan(2_000_000);
  return `ERR_POOL_FAILED after 5 starts, cause ERR_WORKER_START (${phase})`;
}

describe('a worker that cannot start', () => {
  for (const [row, module, injected, phase, words] of [
    ['16', 'throw-at-load.mjs', 'the worker module throws', 'load', /TypeError: this module cannot load/],
    ['16b', 'throw-in-setup.mjs', 'setup throws', 'setup', /RangeError: no model here/],
    ['16c', 'exit-at-load.mjs', 'the module calls process.exit(4)', 'starting', /exit code 4/],
  ] as const) {
    fault(
      {
        row,
        fault: 'worker module fails to start',
        injected,
        expected: 'after 5 failed starts the pool fails; all pending reject with that error and path; no CPU spin',
        not: { 4: 'a worker that does not start runs nothing' },
      },
      async (lab) => {
        const pool = lab.pool(module);
        const seen = await givesUp(lab, pool, phase, words);
        const cause = (await rejection(pool.ready())).cause as Error;
        expect(cause.message).toContain(module);
        return seen;
      },
    );
  }

  fault(
    {
      row: '17',
      fault: 'transient load failure',
      injected: 'the module throws at its first load only',
      expected: 'recovers; the half-loaded worker is not used',
      not: { 4: 'a worker that does not start runs nothing' },
    },
    async (lab) => {
      const pool = lab.pool('throw-at-first-load.mjs', {
        workers: 1,
        env: { ...lab.env, FIRST_LOAD_FLAG: lab.path('flag') },
      });
      expect(await pool.run('isWhole')).toBe(true);
      expect(lab.deaths(pool)).toMatchObject([{ workerId: 1, expected: false }]);
      expect(pool.stats().workerList).toMatchObject([{ id: 2 }]);
      return 'second start served the task';
    },
  );

  for (const [row, module, injected] of [
    ['18', 'hang-at-load.mjs', 'top-level await that never ends'],
    ['18b', 'spin-at-load.mjs', 'for (;;); at load'],
  ] as const) {
    fault(
      {
        row,
        fault: 'load hangs',
        injected: `${injected}; startTimeoutMs 150`,
        expected: 'killed; counts as a failed start; after 5 the pool fails',
        not: { 4: 'a worker that does not start runs nothing' },
      },
      async (lab) => {
        const pool = lab.pool(module, { startTimeoutMs: 150 });
        return givesUp(lab, pool, 'load', /startTimeoutMs \(150 ms\)/);
      },
    );
  }

  fault(
    {
      row: '19',
      fault: 'spawn fails: no such program',
      injected: 'process.execPath does not exist, then does again',
      expected: 'ERR_POOL_FAILED with ERR_WORKER_START as cause; a new pool works once it is mended',
      not: { thread: 'a thread starts no program', 4: 'a worker that does not start runs nothing' },
    },
    async (lab) => {
      const { execPath } = process;
      process.execPath = '/nowhere/node';
      try {
        const error = await rejection(lab.pool('ping.mjs').run('ping', 1));
        expect(error).toMatchObject({ code: 'ERR_POOL_FAILED', cause: { code: 'ERR_WORKER_START' } });
        expect((error.cause as Error).message).toMatch(/nowhere|ENOENT/);
      } finally {
        process.execPath = execPath;
      }
      expect(await lab.pool('ping.mjs').run('ping', 2)).toBe(2);
      return 'ERR_POOL_FAILED, names the path; a new pool works';
    },
  );

  fault(
    {
      row: '19b',
      fault: 'spawn fails: no file descriptor left (EMFILE)',
      injected: 'all descriptors taken, given back when the pool has failed',
      expected: 'ERR_POOL_FAILED with the reason; works again when there are some',
      not: {
        thread: 'the program itself would need them to start a thread',
        4: 'a worker that does not start runs nothing',
      },
    },
    async (lab) => {
      // Made for a process that could then not be started. They have no descriptors, and keep no program alive.
      lab.leftByNode.add('PipeWrap');
      const taken: number[] = [];
      try {
        for (;;) taken.push(openSync('/dev/null', 'r'));
      } catch (error) {
        expect(error).toMatchObject({ code: 'EMFILE' });
      }
      try {
        const pool = lab.pool('ping.mjs');
        const error = await rejection(pool.run('ping', 1));
        expect(error).toMatchObject({ code: 'ERR_POOL_FAILED' });
        expect((error.cause as Error).cause).toMatchObject({ code: 'EMFILE' });
      } finally {
        for (const fd of taken) closeSync(fd);
      }
      expect(await lab.pool('ping.mjs').run('ping', 2)).toBe(2);
      return 'ERR_POOL_FAILED, EMFILE; a new pool works';
    },
  );
});
