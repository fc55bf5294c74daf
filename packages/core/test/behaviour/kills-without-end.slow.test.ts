import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pool, type DeathReport } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { failure, fixture, nextEvent, started } from './pools.js';
import { withFolder } from './temp.js';

/** A pool of threads with one in native code, which no kill ends before `release` is called. */
async function withHeldThread(
  options: { timeoutMs?: number },
  body: (pool: Pool, held: Promise<unknown>) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const pool = new Pool(fixture('waits-in-native-code.mjs'), { kind: 'thread', workers: 1, graceMs: 0 });
    try {
      const { result } = await started(pool, 'waitForWriter', pipe, options);
      await body(pool, failure(result));
    } finally {
      writeFileSync(pipe, '');
      await pool.destroy();
    }
  });
}

describe('a thread that no kill ends, as it stands in a call of native code,', () => {
  it('is replaced, and the tasks behind it run in the next one', async () => {
    await withHeldThread({ timeoutMs: 200 }, async (pool, held) => {
      const exited = nextEvent<DeathReport>(pool as Pool<never>, 'worker:exited');
      const waiting = [1, 2, 3].map((input) => pool.run('answer', input));
      expect(await held).toMatchObject({ code: 'ERR_TASK_TIMEOUT' });
      expect(await Promise.all(waiting)).toEqual([1, 2, 3]);
      expect(await exited).toMatchObject({ exitCode: null, signal: null });
    });
  });

  it('does not keep destroy() waiting', async () => {
    await withHeldThread({}, async (pool, held) => {
      await pool.destroy();
      expect(await held).toMatchObject({ code: 'ERR_POOL_CLOSED' });
    });
  });
});
