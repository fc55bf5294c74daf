import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { compare } from '../../src/compare/compare.js';
import { History } from '../../src/compare/history.js';
import { sampleReport } from '../support/sample-report.js';

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'millpond-history-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

describe('the history', () => {
  it('keeps reports in the order in which they came, without their tries', async () => {
    const at = join(await folder(), 'deep', 'history');
    const history = new History(at);
    expect(await history.read()).toEqual({ entries: [], damaged: [] });
    for (const label of ['one', 'two', 'three']) await history.add(sampleReport({ tasks: 50 }), { label });
    const { entries } = await history.read();
    expect(entries.map(({ label }) => label).sort()).toEqual(['one', 'three', 'two']);
    expect(entries.map(({ file }) => file)).toEqual(entries.map(({ file }) => file).sort());
    expect(entries[0]?.report.pools[0]?.spans).toBeUndefined();
    expect(entries[0]?.report.pools[0]?.tries).toBe(50);
    const [first, second] = entries.map(({ report }) => report);
    if (first !== undefined && second !== undefined) expect(compare(first, second).verdict).toBe('no change');
  });

  it('keeps a bounded number, and the latest ones', async () => {
    const at = await folder();
    const history = new History(at, { keep: 3 });
    for (let i = 0; i < 6; i++) {
      await history.add(sampleReport({ tasks: 5 }), { label: String(i) });
      // Names have milliseconds.
      const now = Date.now();
      while (Date.now() === now);
    }
    expect((await history.read()).entries.map(({ label }) => label)).toEqual(['3', '4', '5']);
    expect(await readdir(at)).toHaveLength(3);
  });

  it('takes reports of several writers at once, each as a whole', async () => {
    const at = await folder();
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => new History(at).add(sampleReport({ tasks: 20 }), { label: String(i) })),
    );
    const { entries, damaged } = await new History(at).read();
    expect(new Set(entries.map(({ label }) => label)).size).toBe(20);
    expect(damaged).toEqual([]);
  });

  it('names damaged files, leaves other files alone, and goes on', async () => {
    const at = await folder();
    const history = new History(at);
    await history.add(sampleReport({ tasks: 5 }), { label: 'good | <b>' });
    const name = (end: string) => join(at, `2026-01-01T00-00-00-000Z-0000000${end}.json`);
    await writeFile(name('1'), '{"version":1,"report":{');
    await writeFile(name('2'), 'null');
    await writeFile(name('3'), '{"report":{"version":1}}');
    await writeFile(join(at, 'notes.json'), 'of a person');
    const { entries, damaged } = await history.read();
    expect(entries).toHaveLength(1);
    expect(damaged.map(({ file }) => file)).toEqual([name('1'), name('2'), name('3')]);
    expect(damaged[2]?.why).toBe('it holds no report of version 2');
    const markdown = await history.trend({ format: 'markdown' });
    expect(markdown).toContain('| good \\| \\<b\\> |');
    expect(markdown).toContain('- left out: 2026-01-01T00-00-00-000Z-00000001.json: ');
    expect(await history.trend()).toMatch(/when +label +verdict +wall +throughput +utilization +slowest p99 +failed\n/);
    expect(await readdir(at)).toContain('notes.json');
  });

  it('leaves no unfinished file behind, and removes those of a crash', async () => {
    const at = await folder();
    const old = join(at, '.2026-01-01T00-00-00-000Z-00000001.json.unfinished');
    const young = join(at, '.2026-01-01T00-00-00-000Z-00000002.json.unfinished');
    for (const file of [old, young]) await writeFile(file, '{');
    await utimes(old, 1_000_000, 1_000_000);
    await new History(at).add(sampleReport({ tasks: 5 }));
    expect((await readdir(at)).filter((file) => file.startsWith('.'))).toEqual([young.slice(at.length + 1)]);
  });

  it('says that its folder is a file, and what to do', async () => {
    const file = join(await folder(), 'file');
    await writeFile(file, '');
    for (const path of [file, join(file, 'below')]) {
      const history = new History(path);
      const written = expect(history.add(sampleReport({ tasks: 5 }))).rejects;
      await written.toMatchObject({ code: 'ERR_REPORT', details: { file: path }, cause: expect.any(Error) as Error });
      for (const running of [history.read(), history.trend()])
        await expect(running).rejects.toMatchObject({
          code: 'ERR_REPORT',
          message: `The reports in ${path} could not be read: the folder is a file, or is below one (ENOTDIR). Give the history the path of a folder that this program may read and write.`,
        });
    }
    await expect(new History(file).add(sampleReport({ tasks: 5 }))).rejects.toThrow(
      `could not be written to ${file}: the folder is a file, or is below one (EEXIST). No file is written.`,
    );
  });

  it('shows a trend of the latest rows, and says when there is none', async () => {
    const at = await folder();
    const history = new History(at);
    expect(await history.trend()).toBe('There are no reports yet.\n');
    for (let i = 0; i < 4; i++) await history.add(sampleReport({ tasks: 40 }));
    expect((await history.trend({ rows: 2 })).trimEnd().split('\n')).toHaveLength(3);
  });

  it('refuses wrong options', () => {
    expect(() => new History('')).toThrow('must be the path of a folder');
    expect(() => new History('x', { keep: 0 })).toThrow('must be a whole number from 1 to 10000');
    expect(() => new History('x', { kep: 5 } as never)).toThrow('Did you mean "keep"?');
  });

  it('refuses what is no report, and wrong options of its calls, and writes nothing', async () => {
    const at = await folder();
    const history = new History(at);
    for (const none of [{}, undefined, null, 'report', { version: 2 }])
      await expect(history.add(none as never)).rejects.toThrow(
        'Option "report" must be a report of version 2; received',
      );
    const report = sampleReport({ tasks: 5 });
    await expect(history.add(report, { label: 5 } as never)).rejects.toThrow('"label" must be a string; received 5');
    await expect(history.add(report, { lable: 'a' } as never)).rejects.toThrow('Did you mean "label"?');
    await expect(history.trend({ format: 'xml' } as never)).rejects.toThrow(
      `Option "format" must be one of "text", "markdown"; received 'xml' (string).`,
    );
    for (const rows of [0, -1, 1.5, '3'])
      await expect(history.trend({ rows } as never)).rejects.toThrow('"rows" must be an integer of at least 1');
    expect(await readdir(at)).toEqual([]);
  });
});
