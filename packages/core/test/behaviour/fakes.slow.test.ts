import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from '@millpond/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { failure, fixture, KINDS, WORKER_KINDS } from './pools.js';
import { runProgram } from './programs.js';
import { withFolder } from './temp.js';

/** All that vitest can fake in a process of its own. */
const ALL = [
  ...['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate'],
  ...['queueMicrotask', 'Date', 'performance', 'hrtime'],
] as NonNullable<Parameters<typeof vi.useFakeTimers>[0]>['toFake'];
const fakeTime = (): void => void vi.useFakeTimers({ toFake: ALL });

/** By its deadline: a busy machine may not have begun with the task by then. */
const ENDED = expect.stringMatching(/^ERR_(TASK|QUEUE)_TIMEOUT$/) as string;

afterEach(() => void vi.useRealTimers());

async function holdsItsTimes(pool: Pool): Promise<void> {
  expect(await failure(pool.run('hold', null, { timeoutMs: 30 }))).toMatchObject({ code: 'ERR_TASK_TIMEOUT' });
  expect(await failure(pool.run('hold', null, { deadline: Date.now() + 60 }))).toMatchObject({ code: ENDED });
  const first = failure(pool.run('hold', null, { timeoutMs: 200 }));
  expect(await failure(pool.run('hold', null, { queueTimeoutMs: 30 }))).toMatchObject({ code: 'ERR_QUEUE_TIMEOUT' });
  await first;
  expect(await pool.run('succeedAt', 3, { retry: { attempts: 3, backoff: { baseMs: 5 } } })).toBe(3);
  const cut = failure(pool.run('hold'));
  await pool.close({ timeoutMs: 30 });
  expect(await cut).toMatchObject({ code: 'ERR_POOL_CLOSED' });
  expect(pool.stats()).toMatchObject({ state: 'closed', workerList: [] });
}

describe.each(KINDS)('time limits, retries and close() of a pool of kind %s', (kind) => {
  const options = { kind, workers: 1, concurrency: 1 } as const;

  it('work when a test has faked time before the pool is made', async () => {
    fakeTime();
    await holdsItsTimes(new Pool(fixture('needs-time.mjs'), options));
  });

  it('work when a test fakes time once the pool is ready', async () => {
    const pool = new Pool(fixture('needs-time.mjs'), options);
    await pool.ready();
    fakeTime();
    await holdsItsTimes(pool);
  });

  it('work when the time of day is set to another year', async () => {
    vi.useFakeTimers({ toFake: ALL, now: new Date('2001-01-01') });
    const pool = new Pool(fixture('needs-time.mjs'), options);
    expect(await pool.run('succeedAt', 1, { deadline: new Date(Date.now() + 60_000) })).toBe(1);
    await holdsItsTimes(pool);
  });

  it.each([
    ['node:test', 'making'],
    ['node:test', 'using'],
    ['fake-timers', 'loading'],
    ['fake-timers', 'making'],
    ['fake-timers', 'using'],
  ])('work when %s fakes time in a program before %s it', async (library, step) => {
    const { code, stdout } = await runProgram('fakes-time.mjs', [library, step, kind]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      timeout: 'ERR_TASK_TIMEOUT',
      deadline: ENDED,
      queued: 'ERR_QUEUE_TIMEOUT',
      attempt: 3,
      cut: 'ERR_POOL_CLOSED',
      state: 'closed',
    });
  });
});

describe('a result kept for a time', () => {
  it('is forgotten after it, though a test has faked time', async () => {
    fakeTime();
    const tasks = { square: { cache: true } };
    const pool = new Pool(fixture('counts-calls.mjs'), { kind: 'inline', cache: { ttlMs: 100 }, tasks });
    const clock = new Pool(fixture('needs-time.mjs'), { kind: 'inline' });
    expect(await pool.run('square', 2)).toEqual({ square: 4, calls: 1 });
    expect(await pool.run('square', 2)).toEqual({ square: 4, calls: 1 });
    await failure(clock.run('hold', null, { timeoutMs: 110 }));
    expect(await pool.run('square', 2)).toEqual({ square: 4, calls: 2 });
    await Promise.all([pool.close(), clock.close()]);
  });
});

describe.each(WORKER_KINDS)('a pool of kind %s', (kind) => {
  it('goes on after its program has replaced what all share', async () => {
    await withFolder(async (folder) => {
      const { code, stdout, stderr } = await runProgram('outlives-its-program.mjs', [kind, join(folder, 'diary')]);
      expect(code, stderr).toBe(0);
      expect(JSON.parse(stdout)).toEqual({
        echoed: 300,
        mapped: 300,
        failed: ['RangeError', 'the cause'],
        late: 'ERR_TASK_TIMEOUT',
        died: 'ERR_WORKER_CRASHED',
        told: 2,
        after: 'after',
        state: 'closed',
      });
    });
  });
});

describe.each(KINDS)('a worker of kind %s', (kind) => {
  it.each(['its own', 'node:fs', 'node:test', 'fake-timers'])(
    'goes on after a handler has replaced what all share (%s), and leaves as it should',
    async (way) => {
      await withFolder(async (folder) => {
        const diary = join(folder, 'diary');
        const { code, stdout, stderr } = await runProgram('outlives-its-handler.mjs', [way, kind, diary]);
        expect(code, stderr).toBe(0);
        const { exits, ...results } = JSON.parse(stdout) as { exits: { exitCode: number; stderrTail: string }[] };
        expect(results).toEqual({
          sync: 600,
          async: 600,
          whole: true,
          failed: ['RangeError', 'too far', 'the cause'],
          bytes: 7 * 1024 * 1024,
          aborted: 'ERR_TASK_TIMEOUT',
          reported: true,
          after: 'after',
        });
        expect(exits.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
        const printed = kind === 'inline' ? [stderr] : exits.map(({ stderrTail }) => stderrTail);
        for (const text of printed) expect(text).toMatch('teardown failed: Error: broken in teardown');
        expect(existsSync(diary) && readFileSync(diary, 'utf8')).toBe('1 torn down\n2 torn down\n');
      });
    },
  );
});
