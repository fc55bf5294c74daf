import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixture, gate, isAlive, start, workloadFolder } from './millpond.js';

async function heldRun(args: readonly string[] = [], items = 100, options: object = {}) {
  const { path, running } = await gate();
  const cwd = await workloadFolder({
    worker: fixture('hold.mjs'),
    input: { range: { from: 1, to: items } },
    output: { jsonl: 'r.jsonl' },
    pool: { workers: 2, workerData: path },
  });
  const run = start(['run', 'w.yaml', ...args], { cwd, input: '', ...options });
  const results = async (): Promise<unknown[]> => {
    const text = await readFile(join(cwd, 'r.jsonl'), 'utf8');
    return text
      .trimEnd()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown);
  };
  return { run, running, results };
}

describe.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('the first %s', (signal, code) => {
  it('finishes what is running, writes it, and starts nothing new', async () => {
    const { run, running, results } = await heldRun();
    const first = await running();
    const second = await running();
    run.child.kill(signal);
    await run.saw('finishing 2 tasks, Ctrl-C again to kill');
    second.release();
    first.release();
    const ended = await run.ended;
    expect(ended.code).toBe(code);
    expect(await results()).toMatchObject([
      { index: 0, ok: true, value: 1 },
      { index: 1, ok: true, value: 2 },
    ]);
    expect(ended.stderr).toContain(`stopped by ${signal}\n  2 ok · 0 failed · 98 not done`);
    expect([first.pid, second.pid].filter(isAlive)).toEqual([]);
  });

  it('followed by another kills what is running, with the same exit code', async () => {
    const { run, running, results } = await heldRun();
    const first = await running();
    const second = await running();
    first.release();
    const third = await running();
    run.child.kill(signal);
    await run.saw('finishing 2 tasks');
    run.child.kill('SIGINT');
    const ended = await run.ended;
    expect(ended.code).toBe(code);
    expect(await results()).toMatchObject([{ ok: true, value: first.item }]);
    expect([second.pid, third.pid].filter(isAlive)).toEqual([]);
  });
});

describe('a signal', () => {
  it('to the whole process group, as Ctrl-C in a terminal, leaves the workers to finish', async () => {
    const { run, running, results } = await heldRun([], 100, { detached: true });
    const first = await running();
    const second = await running();
    process.kill(-(run.child.pid ?? 0), 'SIGINT');
    await run.saw('finishing 2 tasks');
    first.release();
    second.release();
    expect((await run.ended).code).toBe(130);
    expect(await results()).toMatchObject([
      { ok: true, value: 1 },
      { ok: true, value: 2 },
    ]);
  });

  it('ends a run that waits for standard input', async () => {
    const cwd = await workloadFolder({ input: { stdin: 'lines' } });
    const run = start(['run', 'w.yaml'], { cwd });
    run.child.stdin?.write('one\n');
    await new Promise((resolve) => run.child.stdout?.once('data', resolve));
    run.child.kill('SIGINT');
    const ended = await run.ended;
    expect(ended.code).toBe(130);
    expect(ended.lines()).toHaveLength(1);
    expect(ended.stderr).toContain('1 ok · 0 failed · the rest of the input was not read');
  });

  it('ends a run whose workers are still starting', async () => {
    const worker =
      'console.error("loading"); await new Promise(() => setInterval(() => {}, 1e6)); export default (x) => x;\n';
    const cwd = await workloadFolder({ worker: 'slow.mjs', input: { items: [1] } }, { 'slow.mjs': worker });
    const run = start(['run', 'w.yaml'], { cwd, input: '' });
    await run.saw('loading');
    run.child.kill('SIGTERM');
    expect(await run.ended).toMatchObject({ code: 143, stdout: '' });
  });

  it('is quiet with --quiet', async () => {
    const { run, running } = await heldRun(['--quiet'], 1_000_000_000);
    // Nothing tells when the signal has arrived, so whatever still starts is let through.
    const release = async (): Promise<void> => {
      for (;;) (await running()).release();
    };
    (await running()).release();
    run.child.kill('SIGINT');
    void release();
    expect(await run.ended).toMatchObject({ code: 130, stderr: '' });
  });

  it('is in the last event with --json', async () => {
    const { run, running } = await heldRun(['--json']);
    const first = await running();
    const second = await running();
    run.child.kill('SIGINT');
    await run.saw('finishing 2');
    first.release();
    second.release();
    expect((await run.ended).lines().at(-1)).toMatchObject({
      type: 'end',
      exitCode: 130,
      signal: 'SIGINT',
      ok: 2,
      notDone: 98,
    });
  });
});
