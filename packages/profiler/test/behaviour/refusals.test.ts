import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from '@millpond/core';
import { assert, History, Profiler, type Report } from '@millpond/profiler';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ask } from '../live/http.js';
import { parsePrometheus } from '../support/prometheus.js';

const MODULE = new URL('./fixtures/timed-sections.mjs', import.meta.url);

function makePool(kind: 'process' | 'thread'): Pool<{ echo<T>(input: T): T }> {
  const pool = new Pool<{ echo<T>(input: T): T }>(MODULE, { kind, workers: 1 });
  onTestFinished(() => pool.close());
  return pool;
}

function seriesOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.slice(0, line.lastIndexOf(' ')));
}

describe.each(['process', 'thread'] as const)('a profiler of pools of kind %s', (kind) => {
  it('tells two pools of one module apart by name, in all outputs and in the live view', async () => {
    const [first, second] = [makePool(kind), makePool(kind)];
    const profiler = new Profiler().attach(first).attach(second);
    const { url } = await profiler.serve();
    await first.run('echo', 1);
    for (let i = 0; i < 3; i++) await second.run('echo', i);
    const names = [first.stats().name, `${first.stats().name} (2)`] as const;
    expect(second.stats().name).toBe(names[0]);

    const { text: live } = await ask(`${url}metrics`);
    expect(live).toContain(`millpond_live_pool_workers{pool="${names[1]}"`);
    expect(new Set(seriesOf(live)).size).toBe(seriesOf(live).length);
    const report = await profiler.stop();
    expect(report.data.pools.map(({ name, tries }) => [name, tries])).toEqual([
      [names[0], 1],
      [names[1], 3],
    ]);
    assert(report).pool(names[1]).tries('echo').atLeast(3).pool(names[0]).tries('echo').atMost(1);
    const series = seriesOf(report.toPrometheus());
    expect(new Set(series).size).toBe(series.length);
    expect(() => parsePrometheus(report.toPrometheus())).not.toThrow();
    for (const text of [report.toText(), report.toMarkdown(), report.toCsv('tasks')]) expect(text).toContain(names[1]);
  });

  it('says at level off that the level is the cause', async () => {
    const pool = makePool(kind);
    const profiler = new Profiler({ level: 'off' }).attach(pool);
    await pool.run('echo', 1);
    const { verdict } = await profiler.stop();
    expect(verdict).toMatchObject({
      kind: 'nothing',
      sentence: 'Nothing was measured: the level of the profiler is "off".',
    });
    expect(verdict.step).toContain('Set the level to "stats"');
  });
});

describe('a program that gives the wrong thing', () => {
  it('learns that another profiler is no pool', () => {
    expect(() => new Profiler().attach(new Profiler() as never)).toThrow(
      'Option "pool" must be a Pool; received Profiler',
    );
  });

  it('learns that the folder of its history is a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millpond-refusals-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'history');
    await writeFile(file, '');
    const report: Report = await new Profiler().stop();
    await expect(new History(file).add(report)).rejects.toMatchObject({ code: 'ERR_REPORT' });
    await expect(new History(file).read()).rejects.toMatchObject({ code: 'ERR_REPORT' });
  });
});
