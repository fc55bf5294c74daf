import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { CSV_TABLES, toCsv } from '../../src/output/to-csv.js';
import { LONE, reportsByName } from '../support/all-reports.js';
import { HOSTILE_NAMES, richReport } from '../support/rich-report.js';
import { sampleReport } from '../support/sample-report.js';

describe('CSV of a report', () => {
  it.each(reportsByName())('is read by a parser, each row complete: %s', (_, report) => {
    for (const table of CSV_TABLES) {
      const text = toCsv(report, table);
      expect(text).not.toMatch(LONE);
      const rows: string[][] = parse(text);
      expect(rows.length).toBeGreaterThan(0);
      expect(new Set(rows.map((row) => row.length)).size).toBe(1);
      for (const cell of rows.slice(1).flat())
        expect(cell).not.toMatch(/^[=+@\t\r]|^-(?!\d)|^(NaN|Infinity|undefined|null)$/);
    }
  });

  it('has the numbers of the report, and names as they are', () => {
    const name = HOSTILE_NAMES[5];
    const report = richReport({ name, tasks: 20 });
    const rows: Record<string, string>[] = parse(toCsv(report, 'tasks'), { columns: true });
    for (const [i, task] of report.pools[0]!.byTask.entries()) {
      expect(rows[i]).toMatchObject({
        pool: name,
        task: task.task,
        tries: String(task.tries),
        latencyMeanMs: String(task.latency.meanMs),
      });
    }
    const spans: Record<string, string>[] = parse(toCsv(report, 'spans'), { columns: true });
    expect(spans).toHaveLength(20);
    expect(spans.map(({ t9 }) => Number(t9))).toEqual(report.pools[0]!.spans!.stamps.map((stamps) => stamps[9]));
  });

  it('has its first line also without rows', () => {
    for (const table of CSV_TABLES) expect(toCsv(sampleReport({ tasks: 0 }), table)).toMatch(/^\w+(,\w+)+\r\n$/);
  });

  it('refuses a table that there is none of', () => {
    expect(() => toCsv(sampleReport(), 'nope' as never)).toThrow(expect.objectContaining({ code: 'ERR_OPTION' }));
  });
});
