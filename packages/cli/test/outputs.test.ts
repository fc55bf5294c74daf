import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LineWriter } from '../src/output/line-writer.js';
import { openFileSink } from '../src/output/sinks.js';
import { chooseDestination, protectFiles } from '../src/run/destination.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millpond-cli-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('LineWriter', () => {
  it('writes lines in order, many in one write', async () => {
    const texts: string[] = [];
    const writer = new LineWriter({ write: async (text) => void texts.push(text), close: async () => {} });
    for (let i = 0; i < 100; i++) await writer.write(String(i));
    await writer.close();
    expect(texts.join('')).toBe(Array.from({ length: 100 }, (_, i) => `${i}\n`).join(''));
    expect(texts.length).toBeLessThan(5);
  });

  it('makes its caller wait while a full batch is being written', async () => {
    let finish = (): void => {};
    const writer = new LineWriter({ write: () => new Promise((resolve) => (finish = resolve)), close: async () => {} });
    expect(writer.write('short')).toBeUndefined();
    let went = false;
    const waited = Promise.resolve(writer.write('x'.repeat(70_000))).then(() => (went = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(went).toBe(false);
    finish();
    await waited;
  });

  it('throws the error of its sink from the next write, and from close', async () => {
    const writer = new LineWriter({ write: () => Promise.reject(new Error('disk full')), close: async () => {} });
    await writer.write('a');
    await expect(writer.flush()).rejects.toThrow('disk full');
    expect(() => writer.write('b')).toThrow('disk full');
    await expect(writer.close()).rejects.toThrow('disk full');
  });
});

describe('openFileSink', () => {
  it('makes the folders of its file, and empties it only on request', async () => {
    const path = join(folder, 'a', 'b', 'out.jsonl');
    const first = await openFileSink(path);
    await first.write('first and longer');
    await first.close();
    const second = await openFileSink(path);
    expect(await readFile(path, 'utf8')).toBe('first and longer');
    await second.empty();
    await second.write('second');
    await second.close();
    expect(await readFile(path, 'utf8')).toBe('second');
  });
});

describe('chooseDestination', () => {
  const workload = (jsonl?: string) => ({
    folder: '/w',
    content: { version: 1 as const, worker: 'x', input: {}, ...(jsonl !== undefined && { output: { jsonl } }) },
  });
  const choose = (jsonl: string | undefined, output: string | undefined, json = false) =>
    chooseDestination(workload(jsonl), { output, json }, '/cwd');

  it('takes the command line before the file, each relative to where it was written', () => {
    expect(choose('out/r.jsonl', undefined)).toEqual({
      kind: 'file',
      path: '/w/out/r.jsonl',
      label: '../w/out/r.jsonl',
    });
    expect(choose('out/r.jsonl', 'mine.jsonl')).toEqual({ kind: 'file', path: '/cwd/mine.jsonl', label: 'mine.jsonl' });
  });

  it('is standard output without a file, and for "-"', () => {
    expect(choose(undefined, undefined).kind).toBe('stdout');
    expect(choose('-', undefined).kind).toBe('stdout');
    expect(choose('out/r.jsonl', '-').kind).toBe('stdout');
  });

  it('is the events when they own standard output', () => {
    expect(choose('-', undefined, true).kind).toBe('events');
    expect(choose(undefined, undefined, true).kind).toBe('events');
    expect(choose('r.jsonl', undefined, true).kind).toBe('file');
  });
});

describe('protectFiles', () => {
  it('refuses an output that is an input, also by another name', async () => {
    const input = join(folder, 'in.jsonl');
    await writeFile(input, '');
    await mkdir(join(folder, 'sub'));
    await symlink(folder, join(folder, 'sub', 'link'));
    const to = (path: string) => protectFiles({ kind: 'file', path, label: path }, [input]);
    await expect(to(input)).rejects.toThrow('Results would overwrite');
    await expect(to(join(folder, 'sub', 'link', 'in.jsonl'))).rejects.toThrow('Results would overwrite');
    await expect(to(join(folder, 'out.jsonl'))).resolves.toBeUndefined();
    await expect(to(join(folder, 'new', 'in.jsonl'))).resolves.toBeUndefined();
  });
});
