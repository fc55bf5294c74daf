import { describe, expect, it } from 'vitest';
import { fixture, WORKER_KINDS, withPool } from './pools.js';
import { runProgram } from './programs.js';
import { Pool } from '@millpond/core';

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

  it('that nobody reads does not hold up its tasks', async () => {
    await withPool('prints.mjs', { kind, workers: 1, stdio: 'ignore' }, async (pool) => {
      expect(await Promise.all([1, 2].map(() => pool.run('flood', 3)))).toEqual(['flooded', 'flooded']);
    });
  });
});

describe('a wrong stdio', () => {
  it('is refused', () => {
    expect(() => new Pool(fixture('prints.mjs'), { stdio: 'overlapped' as never })).toThrow(/must be one of "pipe"/);
  });
});
