import type { Pool, PoolEvents, PoolOptions } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { withGate } from './gate.js';
import { failure, nextEvent, withPool, WORKER_KINDS } from './pools.js';
import { runProgram } from './programs.js';

type Line = Parameters<PoolEvents['output']>[0];

/** A pool of one worker that prints nothing here, and the lines that it was heard to print. */
function withListener(
  options: PoolOptions,
  body: (pool: Pool, heard: Line[], whenHeard: (count: number) => Promise<void>) => Promise<void>,
): Promise<void> {
  return withPool('prints-ids.mjs', { workers: 1, concurrency: 1, stdio: 'events', ...options }, async (pool) => {
    const heard: Line[] = [];
    let check = (): void => {};
    pool.on('output', (line) => {
      heard.push(line);
      check();
    });
    const whenHeard = (count: number): Promise<void> =>
      new Promise((resolve) => {
        check = () => heard.length >= count && resolve();
        check();
      });
    await body(pool, heard, whenHeard);
  });
}

describe.each(WORKER_KINDS)('the event "output" of a pool of kind %s', (kind) => {
  it('has each line with its stream, its worker and its task', async () => {
    await withListener({ kind }, async (pool, heard, whenHeard) => {
      await pool.run('printBoth', 'one');
      await whenHeard(2);
      const about = { workerId: 1, task: 'printBoth', taskId: 1 };
      expect(heard.toSorted((a, b) => a.stream.localeCompare(b.stream))).toEqual([
        { ...about, stream: 'stderr', line: 'err one' },
        { ...about, stream: 'stdout', line: 'out one' },
      ]);
    });
  });

  it('has lines as they were written, without their breaks', async () => {
    await withListener({ kind }, async (pool, heard, whenHeard) => {
      await pool.run('printRaw', 'grüße\n\r\n\n  indented\r\nlast, without a break');
      await pool.close();
      await whenHeard(5);
      expect(heard.map(({ line }) => line)).toEqual(['grüße', '', '', '  indented', 'last, without a break']);
    });
  });

  it('names the task of each of many that follow one another, and none wrongly', async () => {
    await withListener({ kind }, async (pool, heard, whenHeard) => {
      const ids: unknown[] = [];
      for (let n = 1; n <= 50; n++) {
        ids.push(await pool.run('printId'));
        await whenHeard(n);
        // A line that is heard within two turns of a task's end may be its own.
        for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve));
      }
      expect(heard.map(({ line }) => line)).toEqual(ids.map((id) => `id ${String(id)}`));
      expect(heard.map(({ taskId }) => taskId)).toEqual(ids);
    });
  });

  it('names none rather than the wrong one, while tasks are sent ahead', async () => {
    await withListener({ kind, prefetch: 'auto' }, async (pool, heard, whenHeard) => {
      await Promise.all(Array.from({ length: 2000 }, () => pool.run('printId')));
      await whenHeard(2000);
      const wrong = heard.filter(({ line, taskId }) => taskId !== undefined && line !== `id ${taskId}`);
      expect(wrong).toEqual([]);
      expect(heard).toHaveLength(2000);
    });
  });

  it('names no task while several run', async () => {
    await withGate((gate) =>
      withListener({ kind, concurrency: 2 }, async (pool, heard, whenHeard) => {
        const place = (name: string, text: string) => ({ port: gate.port, name, text });
        const alone = pool.run('printAndWait', place('a', 'alone'));
        await whenHeard(1);
        await gate.whenArrived('a');
        const beside = pool.run('printAndWait', place('b', 'beside'));
        await whenHeard(2);
        await gate.whenArrived('b');
        gate.pass('a');
        gate.pass('b');
        await Promise.all([alone, beside]);
        expect(heard.map(({ line, taskId }) => [line, taskId])).toEqual([
          ['alone', 1],
          ['beside', undefined],
        ]);
      }),
    );
  });

  it('names no task when none ran', async () => {
    await withGate((gate) =>
      withListener({ kind }, async (pool, heard, whenHeard) => {
        await pool.run('printLater', { port: gate.port, name: 'late', text: 'late' });
        await gate.whenArrived('late');
        gate.pass('late');
        await whenHeard(1);
        expect(heard).toEqual([{ workerId: 1, stream: 'stdout', line: 'late', task: undefined, taskId: undefined }]);
      }),
    );
  });

  it('names the task of a line that was printed in two pieces', async () => {
    await withGate((gate) =>
      withListener({ kind }, async (pool, heard, whenHeard) => {
        const printed = pool.run('printAround', { port: gate.port, name: 'a' });
        await gate.whenArrived('a');
        gate.pass('a');
        await printed;
        await whenHeard(1);
        expect(heard).toMatchObject([{ line: 'begun, ended', task: 'printAround' }]);
      }),
    );
  });

  it('has the last words of a task that ends its worker', async () => {
    await withListener({ kind }, async (pool, heard, whenHeard) => {
      const exited = nextEvent(pool, 'worker:exited');
      expect(await failure(pool.run('printAndExit', 'farewell'))).toMatchObject({ code: 'ERR_WORKER_CRASHED' });
      await exited;
      await whenHeard(1);
      expect(heard).toMatchObject([{ workerId: 1, stream: 'stderr', line: 'farewell', task: 'printAndExit' }]);
    });
  });

  it('is heard from a listener that comes later, and no more from one that has gone', async () => {
    await withPool('prints-ids.mjs', { kind, workers: 1, stdio: 'events' }, async (pool) => {
      await pool.run('printBoth', 'unheard');
      const heard: string[] = [];
      const first = new Promise<void>((resolve) => {
        pool.on('output', ({ line }) => {
          heard.push(line);
          if (line === 'out heard') resolve();
        });
      });
      await pool.run('printBoth', 'heard');
      await first;
      pool.off('output');
      await pool.run('printBoth', 'unheard again');
      await pool.close();
      expect(heard).not.toContain('out unheard again');
      expect(heard).toContain('out heard');
    });
  });

  it('comes from no worker whose output is ignored', async () => {
    await withListener({ kind, stdio: 'ignore' }, async (pool, heard) => {
      await pool.run('printBoth', 'one');
      await pool.close();
      expect(heard).toEqual([]);
    });
  });

  it('comes a bounded number of bytes in a turn, however fast the worker prints', async () => {
    await withListener({ kind }, async (pool, heard, whenHeard) => {
      let inTurn = 0;
      let most = 0;
      let isOver = false;
      pool.on('output', ({ line }) => {
        inTurn += line.length + 1;
        most = Math.max(most, inTurn);
      });
      const countTurns = (): void => {
        inTurn = 0;
        if (!isOver) setImmediate(countTurns);
      };
      countTurns();
      const [count, bytes] = [80 * 1024, 128];
      expect(await pool.run('printLines', { count, bytes })).toBe(count);
      await whenHeard(count);
      isOver = true;
      // A read of a pipe, or the messages of a thread up to the bound and one more.
      expect(most).toBeLessThanOrEqual(2 * 64 * 1024);
      expect(heard).toHaveLength(count);
      expect(new Set(heard.map(({ task }) => task))).toEqual(new Set(['printLines']));
    });
  });
});

describe.each(WORKER_KINDS)('a program that hears the output of a %s worker', (kind) => {
  const heard = async (...args: string[]): Promise<{ lines: string[]; code: number | null }> => {
    const { stdout, stderr, code } = await runProgram('hears-output.mjs', [kind, ...args]);
    return { lines: [...stdout.split('\n'), ...stderr.split('\n')].filter((line) => line !== '').toSorted(), code };
  };
  const EVENTS = ['heard [1,"stderr","error: hello","print"]', 'heard [1,"stdout","hello","print"]'];

  it('prints none of it with "events"', async () => {
    expect(await heard('events', 'print', 'hello')).toEqual({ lines: ['2 lines', ...EVENTS], code: 0 });
  });

  it('prints it, too, with "pipe"', async () => {
    const { lines } = await heard('pipe', 'print', 'hello');
    expect(lines).toEqual(['2 lines', '[press#1] error: hello', '[press#1] hello', ...EVENTS]);
  });

  it('hears nothing with "inherit"', async () => {
    expect((await heard('inherit', 'print', 'hello')).lines).toEqual(['0 lines', 'error: hello', 'hello']);
  });

  it('hears all of it before it ends, though it never closes its pool', async () => {
    const { lines, code } = await heard('events', 'printLines', '20000', 'never closes');
    expect([lines.filter((line) => line.endsWith(' lines')), code]).toEqual([['20000 lines'], 0]);
  });
});
