import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixture, gate, millpond, start, workloadFolder } from './millpond.js';

describe('input files', () => {
  it('gives files by pattern, with their paths', async () => {
    const cwd = await workloadFolder(
      { input: { files: ['texts/**/*.txt'], ignore: '**/skip*' } },
      { 'texts/b.txt': '', 'texts/a/x.txt': '', 'texts/skip.txt': '' },
    );
    const run = await millpond(['run', 'w.yaml'], { cwd });
    expect(run.lines()).toEqual([
      {
        index: 0,
        id: 'texts/a/x.txt',
        ok: true,
        value: { path: join(cwd, 'texts/a/x.txt'), relative: 'texts/a/x.txt' },
      },
      { index: 1, id: 'texts/b.txt', ok: true, value: { path: join(cwd, 'texts/b.txt'), relative: 'texts/b.txt' } },
    ]);
  });

  it('that no pattern matches are an error that names pattern and folder, and nothing is started', async () => {
    const cwd = await workloadFolder({ worker: fixture('throw-at-load.mjs'), input: { files: '*.csv' } });
    const run = await millpond(['run', 'w.yaml'], { cwd });
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain(`input.files: no file matches "*.csv" in ${cwd}`);
  });

  it.each(['lines', 'jsonl', 'csv'])('of %s that are missing are an error that names the file', async (kind) => {
    const cwd = await workloadFolder({ input: { [kind]: './data.in' } });
    const run = await millpond(['run', 'w.yaml'], { cwd });
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain(
      `input.${kind}: cannot read "./data.in": no such file or folder: ${join(cwd, 'data.in')}`,
    );
  });

  it.runIf(process.getuid?.() !== 0)('that may not be read are an error that names the file', async () => {
    const cwd = await workloadFolder({ input: { lines: 'secret.txt' } }, { 'secret.txt': 'x' });
    await chmod(join(cwd, 'secret.txt'), 0);
    const run = await millpond(['run', 'w.yaml'], { cwd });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('cannot read "secret.txt": permission denied');
  });

  it('fails the bad lines of JSON Lines, names them, and goes on', async () => {
    const cwd = await workloadFolder({ input: { jsonl: 'in.jsonl' } }, { 'in.jsonl': '{"a":1}\n{"a":\n\n3\n{"b":\n' });
    const run = await millpond(['run', 'w.yaml'], { cwd });
    expect(run.code).toBe(1);
    expect(run.lines()).toMatchObject([
      { index: 0, id: 1, ok: true, value: { a: 1 } },
      {
        index: 1,
        id: 2,
        ok: false,
        error: {
          name: 'InputError',
          code: 'ERR_INPUT',
          message: expect.stringMatching(/^in\.jsonl:2: the line is not valid JSON: /) as unknown,
        },
      },
      { index: 2, id: 4, ok: true, value: 3 },
      { index: 3, id: 5, ok: false },
    ]);
    expect(run.stderr).toContain('2 × ERR_INPUT: in.jsonl:2: ');
  });

  it('fails a half-written CSV line, names it, and goes on', async () => {
    const cwd = await workloadFolder(
      { input: { csv: { path: 'in.csv', delimiter: ';' } } },
      { 'in.csv': 'id;text\n1;"a;b"\n2;"half\n3;c\n4' },
    );
    const run = await millpond(['run', 'w.yaml'], { cwd });
    expect(run.code).toBe(1);
    expect(run.lines()).toMatchObject([
      { id: 2, ok: true, value: { id: '1', text: 'a;b' } },
      { id: 3, ok: false, error: { message: 'in.csv:3: a quote is opened and never closed.' } },
      { id: 4, ok: true, value: { id: '3', text: 'c' } },
      { id: 5, ok: false, error: { message: 'in.csv:5: the record has 1 field, where 2 columns are named.' } },
    ]);
  });

  it('reads a hundred thousand lines in order', async () => {
    const text = Array.from({ length: 100_000 }, (_, index) => `line ${index}\n`).join('');
    const cwd = await workloadFolder({ input: { lines: 'in.txt' }, task: 'length' }, { 'in.txt': text });
    const run = await millpond(['run', 'w.yaml', '-q'], { cwd });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    const lines = run.lines();
    expect(lines).toHaveLength(100_000);
    expect(
      lines.every(
        (line, index) => line.index === index && line.id === index + 1 && line.value === `line ${index}`.length,
      ),
    ).toBe(true);
  });

  it('may hold nothing but bad lines', async () => {
    const cwd = await workloadFolder({ input: { jsonl: 'in.jsonl' } }, { 'in.jsonl': 'x\n'.repeat(20_000) });
    const run = await millpond(['run', 'w.yaml', '-q'], { cwd });
    expect(run.code).toBe(1);
    expect(run.lines().map(({ index }) => index as number)).toEqual([...Array(20_000).keys()]);
  });

  it('may hold more bad lines behind a running item than are held back', async () => {
    const { path, running } = await gate();
    const cwd = await workloadFolder({
      worker: fixture('hold.mjs'),
      input: { jsonl: 'in.jsonl' },
      pool: { workers: 1, workerData: path },
    });
    await writeFile(join(cwd, 'in.jsonl'), `1\n${'x\n'.repeat(25_000)}2\n`);
    const run = start(['run', 'w.yaml', '-q'], { cwd, input: '' });
    (await running()).release();
    (await running()).release();
    const ended = await run.ended;
    expect(ended.code).toBe(1);
    expect(ended.lines().map(({ index }) => index as number)).toEqual([...Array(25_002).keys()]);
  });
});

describe('standard input', () => {
  it.each([
    ['lines', 'a\nb\n', ['a', 'b']],
    ['jsonl', '[1]\n{"b":2}\n', [[1], { b: 2 }]],
    ['csv', 'x,y\n1,2\n', [{ x: '1', y: '2' }]],
  ])('gives items of %s', async (kind, input, values) => {
    const cwd = await workloadFolder({ input: { stdin: kind } });
    const run = await millpond(['run', 'w.yaml'], { cwd, input });
    expect(run.code).toBe(0);
    expect(run.lines().map(({ value }) => value as unknown)).toEqual(values);
  });

  it('gives results while it stays open', async () => {
    const cwd = await workloadFolder({ input: { stdin: 'lines' } });
    const run = start(['run', 'w.yaml'], { cwd });
    run.child.stdin?.write('first\n');
    const [chunk] = await new Promise<[string]>((resolve) =>
      run.child.stdout?.once('data', (text: string) => resolve([text])),
    );
    expect(JSON.parse(chunk)).toMatchObject({ id: 1, value: 'first' });
    run.child.stdin?.end('second\n');
    expect((await run.ended).lines()).toHaveLength(2);
  });

  it('may be empty', async () => {
    const cwd = await workloadFolder({ input: { stdin: 'lines' } });
    expect(await millpond(['run', 'w.yaml'], { cwd })).toMatchObject({ code: 0, stdout: '' });
  });

  it('of CSV needs a header', async () => {
    const cwd = await workloadFolder({ input: { stdin: 'csv' } });
    const run = await millpond(['run', 'w.yaml'], { cwd });
    expect(run).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"standard input" is empty; its first line must name the columns') as unknown,
    });
  });
});
