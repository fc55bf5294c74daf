import { describe, expect, it } from 'vitest';
import { failure, isRunning, KINDS, started, withPool, WORKER_KINDS } from './pools.js';
import { Program, runProgram, vanished } from './programs.js';

describe.each(KINDS)('a program that never closes its pool of kind %s', (kind) => {
  it.each([
    ['at once', ''],
    ['after tasks', '3\n'],
    ['with tasks pending', 'pending 2000\n'],
    ['with a try to come', 'try 2\n'],
    ['waiting for it', 'ready\n'],
    ['while closing', 'closed\n'],
  ])('ends by itself %s, when all it waits for is done', { timeout: 15_000 }, async (what, printed) => {
    expect(await runProgram('never-closes.mjs', [kind, what])).toEqual({
      code: 0,
      signal: null,
      stdout: printed,
      stderr: '',
    });
  });
});

describe('the worker processes of a program', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)('end when %s ends it, idle or waiting for something', async (signal) => {
    const program = new Program('holds-workers.mjs', ['process']);
    const pids = (await program.line()).split(' ').map(Number);
    expect(pids.map(isRunning)).toEqual([true, true]);
    program.kill(signal);
    expect((await program.end()).signal).toBe(signal);
    await vanished(pids);
  });

  it.each([
    ['exit', 7],
    ['throw', 1],
  ])('end when it ends by %s', async (how, code) => {
    const program = new Program('holds-workers.mjs', ['process', how]);
    const pids = (await program.line()).split(' ').map(Number);
    expect((await program.end()).code).toBe(code);
    await vanished(pids);
  });

  it('stay when a Ctrl-C reaches them: it is for the program to say what ends', async () => {
    await withPool('killed-by-signal.mjs', { kind: 'process', workers: 1 }, async (pool) => {
      const pid = (await pool.run('pid')) as number;
      process.kill(pid, 'SIGINT');
      expect(await pool.run('pid')).toBe(pid);
    });
  });

  it('take what they have started with them when they are killed', async () => {
    await withPool('starts-a-process.mjs', { kind: 'process', workers: 1, graceMs: 0 }, async (pool) => {
      const controller = new AbortController();
      const { result, value } = await started(pool, 'startAndHold', 0, { signal: controller.signal });
      expect(isRunning(value as number)).toBe(true);
      controller.abort('enough');
      await failure(result);
      await vanished([value as number]);
    });
  });
});

describe.each(WORKER_KINDS)('a pool that fails, kind %s,', (kind) => {
  it('is an unhandled rejection to a program that waits for ready() and handles no error', async () => {
    expect(await runProgram('drops-ready.mjs', [kind])).toEqual({
      code: 0,
      signal: null,
      stdout: 'unhandled: ERR_POOL_FAILED\n',
      stderr: '',
    });
  });
});

describe.each(WORKER_KINDS)('a listener that throws, kind %s,', (kind) => {
  it('of progress is reported as uncaught, and costs no worker', async () => {
    expect(await runProgram('progress-listener-throws.mjs', [kind])).toEqual({
      code: 0,
      signal: null,
      stdout: 'uncaught: in the listener\ncounted\ncrashed: 0\n',
      stderr: '',
    });
  });

  it('of an event is reported as uncaught, and costs no task', async () => {
    expect(await runProgram('event-listener-throws.mjs', [kind])).toEqual({
      code: 0,
      signal: null,
      stdout: 'uncaught: in the listener\ndone\nclosed\n',
      stderr: '',
    });
  });
});
