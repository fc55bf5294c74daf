import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromStream, openFile } from '../src/input/byte-source.js';
import { openCsv } from '../src/input/csv.js';
import { readCsvRecords } from '../src/input/csv-records.js';
import { openFiles } from '../src/input/files.js';
import { openItems } from '../src/input/items.js';
import { openJsonl } from '../src/input/jsonl.js';
import { openLines } from '../src/input/lines.js';
import { openRange } from '../src/input/range.js';
import type { InputSource, SourceItem } from '../src/input/source.js';
import { splitLines } from '../src/input/split-lines.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millpond-cli-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function all(source: InputSource): Promise<SourceItem[]> {
  const items: SourceItem[] = [];
  const iterator = source.items();
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) items.push(next.value);
  source.close();
  return items;
}

/** The same bytes, in chunks of `size`. */
async function* inChunks(text: string | Buffer, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const bytesOf = (text: string | Buffer, size = 7) => fromStream('data', undefined, Readable.from(inChunks(text, size)));

describe('lines', () => {
  it('are numbered from 1, empty ones counted and left out', async () => {
    expect(await all(openLines(bytesOf('one\r\n\nthree\n four')))).toEqual([
      { id: 1, value: 'one' },
      { id: 3, value: 'three' },
      { id: 4, value: ' four' },
    ]);
  });

  it('are the same however the bytes are cut', async () => {
    const text = '\uFEFFgrün\n\n日本語\r\nlast\n';
    const whole = await all(openLines(bytesOf(text, 1000)));
    expect(whole).toEqual([
      { id: 1, value: 'grün' },
      { id: 3, value: '日本語' },
      { id: 4, value: 'last' },
    ]);
    for (const size of [1, 2, 3, 5]) expect(await all(openLines(bytesOf(text, size)))).toEqual(whole);
  });

  it('that are not UTF-8 are bad items, and the others are read', async () => {
    const bytes = Buffer.concat([Buffer.from('a\n'), Buffer.from([0xff, 0x0a]), Buffer.from('b\n')]);
    expect(await all(openLines(bytesOf(bytes)))).toEqual([
      { id: 1, value: 'a' },
      { id: 2, problem: 'data:2: the line is not UTF-8 text.' },
      { id: 3, value: 'b' },
    ]);
  });

  it('that are too long are skipped, and the next is read', async () => {
    const lines = [];
    for await (const line of splitLines(inChunks(`${'x'.repeat(50)}\nshort\n${'y'.repeat(30)}`, 8), 20))
      lines.push(line);
    expect(lines).toEqual([
      { number: 1, problem: 'is longer than 20 bytes' },
      { number: 2, text: 'short' },
      { number: 3, problem: 'is longer than 20 bytes' },
    ]);
  });
});

describe('jsonl', () => {
  it('gives parsed lines, and bad items for lines that are not JSON', async () => {
    expect(await all(openJsonl(bytesOf('{"a":1}\n\n[2]\n{"b":\nnull\n')))).toEqual([
      { id: 1, value: { a: 1 } },
      { id: 3, value: [2] },
      { id: 4, problem: expect.stringMatching(/^data:4: the line is not valid JSON: .+\.$/) },
      { id: 5, value: null },
    ]);
  });
});

describe('csv', () => {
  const csv = async (text: string | Buffer, format = {}, size = 7) => all(await openCsv(bytesOf(text, size), format));

  it('gives objects by the names of the header', async () => {
    expect(await csv('\uFEFFid,text\r\n1,"a ""quoted"", text"\r\n\r\n2,\r\n')).toEqual([
      { id: 2, value: { id: '1', text: 'a "quoted", text' } },
      { id: 4, value: { id: '2', text: '' } },
    ]);
  });

  it('takes names from the options, with and without a header', async () => {
    expect(await csv('1;2\n', { delimiter: ';', columns: ['a', 'b'] })).toEqual([{ id: 1, value: { a: '1', b: '2' } }]);
    expect(await csv('x;y\n1;2\n', { delimiter: ';', columns: ['a', 'b'], header: true })).toEqual([
      { id: 2, value: { a: '1', b: '2' } },
    ]);
  });

  it('gives lists where there are no names', async () => {
    expect(await csv('1\t2\n3', { delimiter: '\t', header: false })).toEqual([
      { id: 1, value: ['1', '2'] },
      { id: 2, value: ['3'] },
    ]);
  });

  it('gives the line a record begins on, also when records span lines', async () => {
    expect(await csv('a,b\n1,"x\r\ny\nz"\n\n2,"q"\n')).toEqual([
      { id: 2, value: { a: '1', b: 'x\r\ny\nz' } },
      { id: 6, value: { a: '2', b: 'q' } },
    ]);
  });

  it('loses only the line a quote is left open on, wherever the file is cut', async () => {
    const text = 'id,text\n1,ok\n2,"half wri\n3,"good"\n4,fine\n5,6" pipe\n7,ok\n8,"never closed\n9,end\n';
    const whole = await csv(text, {}, 1000);
    expect(whole).toEqual([
      { id: 2, value: { id: '1', text: 'ok' } },
      { id: 3, problem: expect.stringContaining('data:3: ') },
      { id: 4, value: { id: '3', text: 'good' } },
      { id: 5, value: { id: '4', text: 'fine' } },
      { id: 6, problem: 'data:6: a quote stands inside a field; the whole field must be quoted then.' },
      { id: 7, value: { id: '7', text: 'ok' } },
      { id: 8, problem: 'data:8: a quote is opened and never closed.' },
      { id: 9, value: { id: '9', text: 'end' } },
    ]);
    for (const size of [1, 2, 3, 5, 11]) expect(await csv(text, {}, size)).toEqual(whole);
  });

  it('finds a record with too few or too many fields', async () => {
    expect(await csv('a,b\n1\n1,2,3\n')).toEqual([
      { id: 2, problem: 'data:2: the record has 1 field, where 2 columns are named.' },
      { id: 3, problem: 'data:3: the record has 3 fields, where 2 columns are named.' },
    ]);
    expect(await csv('a\n1,2\n')).toEqual([
      { id: 2, problem: 'data:2: the record has 2 fields, where 1 column is named.' },
    ]);
  });

  it('finds a record that is not UTF-8', async () => {
    const bytes = Buffer.concat([Buffer.from('a\n'), Buffer.from('caf\u00e9\n', 'latin1'), Buffer.from('ok\n')]);
    expect(await csv(bytes)).toEqual([
      { id: 2, problem: 'data:2: the record is not UTF-8 text.' },
      { id: 3, value: { a: 'ok' } },
    ]);
  });

  it('gives up on an open quote after a number of bytes, and goes on behind its line', async () => {
    const records = [];
    for await (const record of readCsvRecords(inChunks(`1,"open\n${'2,x\n'.repeat(30)}`, 16), ',', 40))
      records.push(record);
    expect(records[0]).toEqual({ line: 1, problem: 'a quote is opened and never closed' });
    expect(records.slice(1)).toEqual(
      Array.from({ length: 30 }, (_, index) => ({ line: index + 2, fields: ['2', 'x'] })),
    );
  });

  it('refuses a missing header and a header with the same name twice', async () => {
    await expect(csv('')).rejects.toThrow('"data" is empty; its first line must name the columns');
    await expect(csv('a,b,a\n')).rejects.toThrow('data:1: the header names column "a" twice');
  });

  it('takes a column called __proto__ for a column', async () => {
    const [item] = await csv('__proto__,b\n1,2\n');
    const { value } = item as { value: object };
    expect(Object.keys(value)).toEqual(['__proto__', 'b']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });
});

describe('files', () => {
  beforeEach(async () => {
    await mkdir(join(folder, 'a', 'deep'), { recursive: true });
    for (const name of ['b.txt', 'a/2.txt', 'a/10.txt', 'a/deep/x.md', '.hidden.txt'])
      await writeFile(join(folder, name), '');
  });

  it('are sorted by their path, the same on every machine', async () => {
    const source = await openFiles({ files: ['**/*.txt', './a/deep/*.md'] }, folder);
    expect(source.total).toBe(4);
    expect(await all(source)).toEqual(
      ['a/10.txt', 'a/2.txt', 'a/deep/x.md', 'b.txt'].map((relative) => ({
        id: relative,
        value: { path: join(folder, relative), relative },
      })),
    );
  });

  it('can be left out, and lie outside the folder', async () => {
    const source = await openFiles({ files: '../*.txt', ignore: ['../b*'] }, join(folder, 'a')).catch(
      (error: Error) => error.message,
    );
    expect(source).toBe(`no file matches "../*.txt" (without "../b*") in ${join(folder, 'a')}`);
    expect(await all(await openFiles({ files: '../*.txt' }, join(folder, 'a')))).toMatchObject([{ id: '../b.txt' }]);
  });

  it('are the same file once, however many patterns match', async () => {
    expect((await openFiles({ files: ['b.txt', '*.txt', join(folder, 'b.txt')] }, folder)).total).toBe(1);
  });

  it('of an empty pattern are an error that names the pattern and the folder', async () => {
    await expect(openFiles({ files: ['*.csv', '*.tsv'] }, folder)).rejects.toThrow(
      `no file matches "*.csv", "*.tsv" in ${folder}`,
    );
  });

  it('named without wildcards must exist and be files', async () => {
    await expect(openFiles({ files: ['*.txt', 'none.txt'] }, folder)).rejects.toThrow(
      'cannot read "none.txt": no such file or folder',
    );
    await expect(openFiles({ files: 'a/' }, folder)).rejects.toThrow('"a/" is a folder; write "a/**"');
  });

  it('behind a link that goes round in circles end somewhere', async () => {
    await symlink('..', join(folder, 'a', 'loop'));
    expect((await openFiles({ files: '**/*.md' }, folder)).total).toBeGreaterThan(0);
  });
});

describe('range', () => {
  const values = async (range: Parameters<typeof openRange>[0]) =>
    (await all(openRange(range))).map((item) => (item as { value: unknown }).value);

  it('includes both ends', async () => {
    expect(await values({ from: 1, to: 4 })).toEqual([1, 2, 3, 4]);
    expect(await values({ from: 3, to: 3 })).toEqual([3]);
  });

  it('counts down, and in steps', async () => {
    expect(await values({ from: 2, to: 0 })).toEqual([2, 1, 0]);
    expect(await values({ from: 0, to: 10, step: 4 })).toEqual([0, 4, 8]);
    expect(openRange({ from: 0, to: 10, step: 4 }).total).toBe(3);
  });
});

describe('items', () => {
  it('are given as they are, with their position as id', async () => {
    expect(await all(openItems(['a', { b: 1 }]))).toEqual([
      { id: 0, value: 'a' },
      { id: 1, value: { b: 1 } },
    ]);
  });
});

describe('a file to read', () => {
  it('is an error that names it when it is missing or a folder', async () => {
    await expect(openFile('x.txt', join(folder, 'x.txt'))).rejects.toThrow(
      /^cannot read "x\.txt": no such file or folder: \/.*x\.txt$/,
    );
    await expect(openFile('.', folder)).rejects.toThrow('cannot read ".": it is a folder');
  });

  it('can be closed while a chunk is waited for', async () => {
    const source = openLines(fromStream('standard input', undefined, new Readable({ read() {} })));
    const next = source.items().next();
    source.close();
    expect(await next).toEqual({ done: true, value: undefined });
  });
});
