import { Pool } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { fixture, withPool, WORKER_KINDS } from './pools.js';
import { Program, runProgram } from './programs.js';

/** Lines that a worker wrote, without those of the program itself. */
function fromWorker(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('result '));
}

describe.each(WORKER_KINDS)('the output of a %s worker', (kind) => {
  it('comes line by line, labelled with pool and worker', async () => {
    const { stdout, stderr, code } = await runProgram('prints.mjs', [kind, 'pipe', 'print', 'hello']);
    expect([fromWorker(stdout), fromWorker(stderr), code]).toEqual([
      ['[press#1] hello'],
      ['[press#1] error: hello'],
      0,
    ]);
  });

  it('comes in whole lines, however it was written', async () => {
    const { stdout } = await runProgram('prints.mjs', [kind, 'pipe', 'printInPieces', '']);
    expect(fromWorker(stdout)).toEqual(['[press#1] one whole line', '[press#1] no end']);
  });

  it('goes to stderr alone with "stderr"', async () => {
    const { stdout, stderr } = await runProgram('prints.mjs', [kind, 'stderr', 'print', 'hello']);
    expect(stdout).toBe('result printed\n');
    expect(fromWorker(stderr).toSorted()).toEqual(['[press#1] error: hello', '[press#1] hello']);
  });

  it('goes straight through with "inherit"', async () => {
    const { stdout, stderr } = await runProgram('prints.mjs', [kind, 'inherit', 'print', 'hello']);
    expect([fromWorker(stdout), fromWorker(stderr)]).toEqual([['hello'], ['error: hello']]);
  });

  it('goes nowhere with "ignore"', async () => {
    const { stdout, stderr } = await runProgram('prints.mjs', [kind, 'ignore', 'print', 'hello']);
    expect([stdout, stderr]).toEqual(['result printed\n', '']);
  });

  it('of ten megabytes all arrives, and holds up neither the task nor the end', async () => {
    const { stdout, code } = await runProgram('prints.mjs', [kind, 'pipe', 'flood', '10']);
    const lines = fromWorker(stdout);
    expect([lines.length, code]).toEqual([10 * 1024, 0]);
    expect(new Set(lines)).toEqual(new Set([`[press#1] ${'x'.repeat(1023)}`]));
    expect(stdout).toMatch('result flooded');
  });

  it('without line breaks is not lost', async () => {
    const { stdout } = await runProgram('prints.mjs', [kind, 'pipe', 'printLongLine', '300000']);
    // Perhaps in pieces, each a line with its label.
    expect(
      fromWorker(stdout)
        .map((line) => line.replace('[press#1] ', ''))
        .join(''),
    ).toBe('y'.repeat(300_000));
  });

  it('is never mistaken for a message', async () => {
    const { stdout, code } = await runProgram('prints.mjs', [kind, 'ignore', 'speakInTongues', '']);
    expect([stdout, code]).toEqual(['result spoken\n', 0]);
  });

  it('that is not read does not hold up its tasks', async () => {
    await withPool('prints.mjs', { kind, workers: 1, stdio: 'ignore' }, async (pool) => {
      expect(await Promise.all([1, 2].map(() => pool.run('flood', 3)))).toEqual(['flooded', 'flooded']);
    });
  });
});

describe.each(WORKER_KINDS)('what %s workers have printed when a program ends that never closes its pool', (kind) => {
  const printed = async (how: string, input = ''): Promise<{ lines: string[]; code: number | null }> => {
    const { stdout, code, stderr } = await runProgram('ends-after-printing.mjs', [kind, how, input]);
    expect(stderr).toBe('');
    return { lines: fromWorker(stdout), code };
  };
  const numbered = (count: number): string[] =>
    Array.from({ length: count }, (_, n) => `[press#1] line ${n} ${'x'.repeat(90)}`);

  it.each([1, 2000, 50_000])('arrives, all %d lines of it', async (count) => {
    expect(await printed('one task', `${count}`)).toEqual({ lines: numbered(count), code: 0 });
  });

  it('arrives from the workers of several pools', async () => {
    const { lines } = await printed('many pools', '2000');
    expect(lines.toSorted()).toEqual([...numbered(2000), ...numbered(2000), ...numbered(2000)].toSorted());
  });

  it('arrives although its last line has no end', async () => {
    expect(await printed('an open line', 'no end')).toEqual({ lines: ['[press#1] no end'], code: 0 });
  });

  it('arrives when it was printed before the first task', async () => {
    expect(await printed('while it loads')).toEqual({ lines: ['[prints-at-load#1] loaded'], code: 0 });
  });

  it('arrives when the pool is closed first', async () => {
    expect(await printed('then closes', '5000')).toEqual({ lines: numbered(5000), code: 0 });
  });

  it('arrives when the program finds more to do at its end', async () => {
    expect(await printed('again at its end', '2000')).toEqual({ lines: numbered(2000), code: 0 });
  });

  it('arrives when the program is read slowly', async () => {
    const program = new Program('ends-after-printing.mjs', [kind, 'one task', '50000']);
    let chunks = 0;
    program.child.stdout.on('data', () => {
      // As a reader that is elsewhere for a while, again and again.
      if (++chunks % 20 !== 0) return;
      program.child.stdout.pause();
      setTimeout(() => program.child.stdout.resume(), 20);
    });
    const { stdout, code } = await program.end();
    expect([fromWorker(stdout), code]).toEqual([numbered(50_000), 0]);
  });

  it('does not keep the program alive when there is no end to it', async () => {
    const { lines, code } = await printed('without end');
    expect([new Set(lines), code]).toEqual([new Set(['[press#1] more']), 0]);
  });
});

describe('what a handler has printed when it ends its worker', () => {
  it.each(WORKER_KINDS)('arrives whole, kind %s', async (kind) => {
    const { stdout, code } = await runProgram('ends-after-printing.mjs', [kind, 'and exits', '20000']);
    const lines = fromWorker(stdout).filter((line) => line !== 'ERR_WORKER_CRASHED');
    expect([lines.length, lines.at(-1), code]).toEqual([20_000, `[press#1] line 19999 ${'x'.repeat(90)}`, 0]);
  });
});

describe('a wrong stdio', () => {
  it('is refused', () => {
    expect(() => new Pool(fixture('prints.mjs'), { stdio: 'overlapped' as never })).toThrow(/must be one of "pipe"/);
  });
});
