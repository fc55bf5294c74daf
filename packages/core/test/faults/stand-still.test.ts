import { existsSync } from 'node:fs';
import type { Pool } from '@millpond/core';
import { describe, expect } from 'vitest';
import { fault, type Lab } from './lab.js';
import { until } from './system.js';

interface Left {
  pid: number;
  workerId: number;
}

/** The next `worker:stuck`. */
function stuck(pool: Pool): Promise<{ workerId: number; tasks: string[] }> {
  return new Promise((resolve) => pool.once('worker:stuck', (event) => resolve(event as never)));
}

/** Runs a task that leaves a loop behind, and waits until that runs. */
async function leaveLoop(lab: Lab, pool: Pool): Promise<Left> {
  const path = lab.path('loops');
  const left = (await pool.run('leaveLoop', path)) as Left;
  await until('the loop runs', () => existsSync(path));
  return left;
}

describe('a worker that stands still outside of any handler', () => {
  for (const [row, workers] of [
    ['42', 2],
    ['42b', 1],
  ] as const) {
    fault(
      {
        row,
        fault: `code that a finished task left behind never ends, ${workers} worker${workers === 1 ? '' : 's'}`,
        injected: 'a timer of the task loops for ever; 20 tasks are submitted then',
        expected: 'worker:stuck; the worker is replaced; the 20 are called once each, in other workers, unblamed',
      },
      async (lab) => {
        const pool = lab.pool('counted.mjs', { workers, prefetch: 10 });
        await pool.ready();
        const told = stuck(pool);
        const { workerId } = await leaveLoop(lab, pool);
        const elsewhere = await Promise.all(Array.from({ length: 20 }, () => pool.run('whereAmI')));
        expect(elsewhere).not.toContain(workerId);
        expect((await told).workerId).toBe(workerId);
        expect(await lab.death(pool)).toMatchObject({ workerId, expected: true, runningTasks: [] });
        await pool.ready();
        expect(pool.stats().tasks).toMatchObject({ completed: 21, failed: 0, crashed: 0, retried: 0 });
        return 'reported, replaced; 20 of 20 done elsewhere';
      },
    );
  }

  fault(
    {
      row: '42c',
      fault: 'close() while a worker stands still',
      injected: 'a timer of a finished task loops for ever; one more task, then close()',
      expected: 'the task is done elsewhere; close() resolves; no worker left',
    },
    async (lab) => {
      const pool = lab.pool('counted.mjs', { workers: 1, prefetch: 10 });
      await pool.ready();
      await leaveLoop(lab, pool);
      const last = pool.run('counted', { value: 'last' });
      await pool.close();
      expect(await last).toBe('last');
      expect(pool.stats()).toMatchObject({ state: 'closed', workerList: [] });
      return 'done, closed';
    },
  );

  fault(
    {
      row: '42d',
      fault: 'idle worker stopped',
      injected: 'kill -STOP of a worker that has nothing to do; 20 tasks are submitted then',
      expected: 'worker:stuck; the worker is replaced; the 20 are called once each, in other workers, unblamed',
      not: { thread: 'a thread cannot be stopped apart from its process' },
    },
    async (lab) => {
      const pool = lab.pool('counted.mjs', { prefetch: 10 });
      await pool.ready();
      const told = stuck(pool);
      const [victim] = pool.stats().workerList;
      process.kill(victim?.pid ?? 0, 'SIGSTOP');
      const elsewhere = await Promise.all(Array.from({ length: 20 }, () => pool.run('whereAmI')));
      expect(elsewhere).not.toContain(victim?.id);
      expect((await told).workerId).toBe(victim?.id);
      await pool.ready();
      expect(pool.stats().tasks).toMatchObject({ completed: 20, failed: 0, crashed: 0, retried: 0 });
      return 'reported, replaced; 20 of 20 done elsewhere';
    },
  );
});
