import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DeathReport, Pool } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { failure, fixture, nextEvent, started } from './pools.js';
import { withFolder } from './temp.js';

/** Opens a pipe for writing as soon as it has a reader, which then waits for what is written. Nothing tells of it, so we look. */
async function writerOf(pipe: string): Promise<number> {
  for (;;) {
    try {
      return openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
      await sleep(5);
    }
  }
}

/** A pool of threads with one in native code, which no kill ends as long as `body` goes on. */
async function withHeldThread(
  options: { timeoutMs?: number },
  body: (pool: Pool, held: Promise<unknown>) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const pool = new Pool(fixture('waits-in-native-code.mjs'), { kind: 'thread', workers: 1, graceMs: 0 });
    let writer: number | undefined;
    try {
      const { result } = await started(pool, 'waitForWriter', pipe, options);
      const held = failure(result);
      writer = await writerOf(pipe);
      await body(pool, held);
    } finally {
      if (writer !== undefined) closeSync(writer);
      await pool.destroy();
    }
  });
}

describe('a thread that no kill ends, as it stands in a call of native code,', () => {
  it('is replaced, and the tasks behind it run in the next one', async () => {
    await withHeldThread({ timeoutMs: 2000 }, async (pool, held) => {
      const exited = nextEvent<DeathReport>(pool, 'worker:exited');
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
