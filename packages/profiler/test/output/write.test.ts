import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isPoolError } from '@millpond/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KNOWN_ENDINGS } from '../../src/output/files.js';
import { Report } from '../../src/report/report.js';
import { richReport } from '../support/rich-report.js';
import { sampleReport } from '../support/sample-report.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millpond-report-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a report on disk', () => {
  it('is one file, its form by the ending', async () => {
    const report = new Report(richReport({ tasks: 20 }));
    for (const ending of KNOWN_ENDINGS) {
      const name = ending.startsWith('.') ? `x${ending}` : ending;
      expect(await report.write(join(folder, name))).toEqual([join(folder, name)]);
    }
    expect(readdirSync(folder)).toHaveLength(KNOWN_ENDINGS.length);
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    expect(read('x.txt')).toBe(report.toText());
    expect(read('x.md')).toBe(report.toMarkdown());
    expect(read('x.compact.txt')).toBe(report.toCompact());
    expect(JSON.parse(read('x.json'))).toEqual(JSON.parse(JSON.stringify(report)));
    expect(JSON.parse(read('x.trace.json'))).toEqual(JSON.parse(JSON.stringify(report.toChromeTrace())));
    expect(JSON.parse(read('x.cpuprofile'))).toEqual(report.toCpuProfile());
    expect(read('tasks.csv')).toBe(report.toCsv('tasks'));
    expect(readFileSync(join(folder, 'x.pb.gz'))).toEqual(Buffer.from(report.toPprof()));
  });

  it('is a folder with a file for each form that has something to say', async () => {
    const all = await new Report(richReport({ tasks: 20 })).write(join(folder, 'all'));
    expect(readdirSync(join(folder, 'all')).sort()).toEqual(
      [
        ...[
          'report.txt',
          'report.md',
          'report.html',
          'report.compact.txt',
          'report.json',
          'report.trace.json',
          'report.speedscope.json',
          'report.prom',
        ],
        ...['report.folded', 'report.pb.gz', 'report.otlp-traces.json', 'report.otlp-metrics.json'],
        ...['tasks.csv', 'workers.csv', 'sections.csv', 'io.csv', 'spans.csv'],
        ...['main.cpuprofile', 'workers.cpuprofile', 'worker-1.cpuprofile'],
      ].sort(),
    );
    expect(all.map((path) => path.slice(join(folder, 'all').length + 1)).sort()).toEqual(
      readdirSync(join(folder, 'all')).sort(),
    );
    await new Report(sampleReport({ tasks: 0 })).write(`${join(folder, 'empty')}/`);
    expect(readdirSync(join(folder, 'empty')).sort()).toEqual(
      [
        'report.txt',
        'report.md',
        'report.html',
        'report.compact.txt',
        'report.json',
        'report.prom',
        'report.folded',
        'report.otlp-metrics.json',
      ].sort(),
    );
  });

  it('takes the place of an older one as a whole', async () => {
    writeFileSync(join(folder, 'report.txt'), 'old');
    await new Report(sampleReport()).write(join(folder, 'report.txt'));
    expect(readFileSync(join(folder, 'report.txt'), 'utf8')).toMatch(/^pool "resize"/);
    expect(readdirSync(folder)).toEqual(['report.txt']);
  });

  it('is refused with an ending that no form has, which names those that are known', async () => {
    await expect(new Report(sampleReport()).write(join(folder, 'report.docx'))).rejects.toSatisfy(
      (error) => isPoolError(error, 'ERR_OPTION') && /\.speedscope\.json/.test(error.message),
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says which files are missing when one cannot be written, and leaves no part of one', async () => {
    const target = join(folder, 'some');
    await new Report(sampleReport()).write(target);
    for (const name of readdirSync(target)) rmSync(join(target, name));
    // A folder in the place of the fourth file: renaming onto it fails.
    const names = ['report.compact.txt', 'report.html', 'report.txt'];
    mkdirSync(join(target, 'report.md', 'in the way'), { recursive: true });
    const error = await new Report(sampleReport()).write(target).catch((reason: unknown) => reason);
    if (!isPoolError(error, 'ERR_REPORT')) throw error;
    expect(error.details.written.map((path) => path.slice(target.length + 1)).sort()).toEqual(names);
    expect(error.details.left[0]).toBe(join(target, 'report.md'));
    expect(error.details.left.length).toBeGreaterThan(5);
    expect((error.cause as NodeJS.ErrnoException).code).toMatch(/EISDIR|ENOTEMPTY|EEXIST|EPERM/);
    expect(readdirSync(target).sort()).toEqual([...names, 'report.md'].sort());
  });

  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
    'says that a folder may not be written',
    async () => {
      chmodSync(folder, 0o500);
      await expect(new Report(sampleReport()).write(join(folder, 'report.txt'))).rejects.toMatchObject({
        code: 'ERR_REPORT',
        cause: { code: 'EACCES' },
      });
      chmodSync(folder, 0o700);
    },
  );
});
