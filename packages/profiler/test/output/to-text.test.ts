import { formatCount } from '@millpond/core/internal';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CAPACITY_LABELS } from '../../src/format/labels.js';
import { formatMs, formatShare } from '../../src/format/units.js';
import { widthOf } from '../../src/format/width.js';
import { CAPACITY_IDS } from '../../src/model/ledgers.js';
import { toText } from '../../src/output/text/to-text.js';
import { CONTROL, LONE, reportsByName } from '../support/all-reports.js';
import { HOSTILE_NAMES, richReport } from '../support/rich-report.js';
import { sampleReport } from '../support/sample-report.js';

describe('the text of a report', () => {
  it.each(reportsByName())('fits its width, and ends in the step to take: %s', (_, report) => {
    for (const width of [48, 80, 100, 200]) {
      const text = toText(report, { width });
      expect(text).not.toMatch(CONTROL);
      expect(text).not.toMatch(LONE);
      const lines = text.split('\n');
      for (const line of lines) expect(widthOf(line), line).toBeLessThanOrEqual(width);
      expect(lines.at(-1)).toBe('');
      const last = text.slice(text.lastIndexOf('\nnext: ') + 1);
      expect(last.split('\n\n')).toHaveLength(1);
      expect(last).not.toMatch(/NaN|undefined|Infinity/);
    }
  });

  it('begins with the pool, then the first cause with what to do', () => {
    expect(toText(richReport(), { width: 120 }).split('\n').slice(0, 11)).toEqual([
      'pool "resize" · process × 4 · 1.02 s · 500 tasks · 489/s · utilization 89 % · node 20.20.2 · level trace · dropped 3 ·',
      'unattributed 0 %',
      '',
      '1 DISPATCHER-BOUND · would save 4.10 s (33 %; 95 %: 3.60 s to 4.60 s) · confidence high ·',
      'task "resize", section "resize", worker 2, server resize · R05',
      '  Workers sat free for resize.',
      '  seen: resize 41 % (from 10 %) · ceiling 392/s',
      '  do: Move resize off.',
      '      prefetch: 2 (now "auto")',
      '      at /app/src/plan.ts:88 (resize)',
      '      check: run resize',
    ]);
  });

  it('says the verdict where no finding says it', () => {
    const [, second] = toText(sampleReport({ tasks: 20 }), { width: 200 }).split('\n');
    expect(second).toBe('Workers are busy, and nothing that the report knows would save 5 % of the time.');
  });

  it('keeps the line numbers of functions in long paths', () => {
    const report = richReport();
    report.pools[0]!.cpu![0]!.hot[0]!.file = `/${'deep/'.repeat(40)}inner.ts`;
    for (const width of [60, 100]) expect(toText(report, { width })).toMatch(/ inner +…[^ ]*inner\.ts:7 /);
  });

  it('shows the numbers of the data, and no others', () => {
    const report = richReport({ tasks: 200 });
    const text = toText(report);
    const [pool] = report.pools;
    for (const id of CAPACITY_IDS) {
      const share = pool!.capacity.totals[id] / pool!.capacity.wantedMs;
      if (share < 0.005) continue;
      const line = text.split('\n').find((each) => each.startsWith(`  ${CAPACITY_LABELS[id]} `)) ?? '';
      expect(
        line
          .slice(2 + CAPACITY_LABELS[id].length)
          .trim()
          .split(/ {2,}/)
          .slice(0, 2),
      ).toEqual([formatShare(share), formatMs(pool!.capacity.totals[id])]);
    }
    for (const { task, tries, latency } of pool!.byTask) {
      const cells = text
        .split('\n')
        .find((each) => new RegExp(`^ {2}${task} +\\d`).test(each))!
        .trim()
        .split(/ {2,}/);
      expect(cells.slice(0, 6)).toEqual([
        task,
        formatCount(tries),
        '0',
        formatMs(latency.meanMs),
        formatMs(latency.p50Ms),
        formatMs(latency.p99Ms),
      ]);
    }
    for (const { workerId, tasks, busyMs } of pool!.workers) {
      const cells = text
        .split('\n')
        .find((each) => new RegExp(`^ {2}${workerId} +\\d`).test(each))!
        .trim()
        .split(/ {2,}/);
      expect([cells[1], cells[4]]).toEqual([formatCount(tasks), formatMs(busyMs)]);
    }
  });

  it('has parts of the latency that add up to it', () => {
    const report = sampleReport({ tasks: 200 });
    const [task] = report.pools[0]!.byTask;
    const rows = toText(report).split('\n');
    const from = rows.findIndex((row) => row.startsWith('    wait in the queue'));
    const to = rows.findIndex((row, i) => i > from && row.startsWith('    latency'));
    const ms = (cell: string) =>
      Number(cell.replace(/ .*/, '')) * (cell.endsWith('µs') ? 0.001 : cell.endsWith(' s') ? 1000 : 1);
    const means = rows.slice(from, to).map((row) => ms(row.trim().split(/ {2,}/)[1]!));
    expect(means.length).toBeGreaterThan(2);
    expect(means.reduce((sum, each) => sum + each, 0)).toBeCloseTo(task!.latency.meanMs, 0);
  });

  it('stays short when there is nothing to say', () => {
    const lines = toText(sampleReport({ tasks: 0 })).split('\n');
    expect(lines.length).toBeLessThan(8);
    expect(lines[0]).toBe('no pool attached · 100 ms · node 20.20.2 · level trace');
  });

  it('has at most 20 rows a table, and says how many more there are', () => {
    const report = sampleReport({ tasks: 300, workers: 50 });
    expect(toText(report)).toMatch('… and 30 more, in the JSON report');
    const many = richReport();
    many.findings = Array.from({ length: 60 }, () => many.findings[0]!);
    const text = toText(many);
    expect(text).toMatch('… and 40 more findings, in the JSON report');
    expect(text.match(/^ {2}do: /gm)).toHaveLength(5);
  });

  it('colours with ANSI codes when asked, and the text is the same', () => {
    const report = richReport();
    const colored = toText(report, { color: true });
    expect(colored).toMatch('\u001b[1m');
    expect(colored.replace(/\u001b\[\d+m/g, '')).toBe(toText(report));
  });

  it('lets no name steer the terminal, whatever it is and however wide', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.integer({ min: 48, max: 160 }), (name, width) => {
        const text = toText(richReport({ name, tasks: 3 }), { width });
        expect(text).not.toMatch(CONTROL);
        for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(width);
      }),
      { numRuns: 60 },
    );
  });

  it('shows names with their characters where they are harmless', () => {
    expect(toText(richReport({ name: HOSTILE_NAMES[13], tasks: 3 }))).toMatch('pool "漢字と絵文字🙂"');
  });
});
