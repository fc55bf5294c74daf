import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { compare } from '../../src/compare/compare.js';
import type { PageData } from '../../src/html/shared/page-data.js';
import { scalingBounds } from '../../src/html/shared/scaling.js';
import { toHtml } from '../../src/html/to-html.js';
import type { ReportData } from '../../src/model/report-data.js';
import { HOSTILE, hostileReport, richReport } from '../support/page-report.js';
import { sampleReport } from '../support/sample-report.js';

function dataOf(html: string): PageData {
  const [, json] = /<script type="application\/json" id="page-data">([^<]*)<\/script>/.exec(html) ?? [];
  return JSON.parse(json ?? '') as PageData;
}

describe('the page of a report', () => {
  it('holds the totals of the report as they are, and only the picture is a sample', () => {
    const report = sampleReport({ tasks: 5000, keep: 500 });
    const { report: page, spans } = dataOf(toHtml(report));
    expect(page.pools[0]?.byTask).toEqual(report.pools[0]?.byTask);
    expect(page.pools[0]?.capacity).toEqual(report.pools[0]?.capacity);
    expect(spans[0]).toMatchObject({ rows: 500, kept: 500, of: 5000 });
  });

  it('is short even with lists of a million rows', () => {
    const report = sampleReport({ tasks: 10 });
    const [pool] = report.pools;
    if (pool !== undefined)
      pool.marks = Array.from({ length: 300_000 }, (_, i) => ({
        atMs: i,
        what: 'mark',
        workerId: 0,
        text: `mark ${i}`,
      }));
    const html = toHtml(report);
    expect(html.length).toBeLessThan(5_000_000);
    expect(dataOf(html).remarks.join()).toContain('Lists of this page end');
  });

  it('allows its own script and style, and nothing else', () => {
    const html = toHtml(sampleReport({ tasks: 3 }));
    const hash = (text: string | undefined) =>
      `'sha256-${createHash('sha256')
        .update(text ?? '')
        .digest('base64')}'`;
    const [, policy] = /Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(policy).toContain(`script-src ${hash(/<script>([^]*?)<\/script>/.exec(html)?.[1])}`);
    expect(policy).toContain(`style-src ${hash(/<style>([^]*?)<\/style>/.exec(html)?.[1])}`);
    expect(html).toContain('Permission is hereby granted');
  });

  it('has no address to ask, and only ASCII beside its own marks', () => {
    const html = toHtml(hostileReport());
    expect(html.replace(/http:\/\/www\.w3\.org\/\d+\/\w+/g, '').replace(/https:\/\/github\.com\/\S+/g, '')).not.toMatch(
      /(?:src|href)=["']?https?:/,
    );
    expect(html).not.toMatch(/\b(?:eval|Function)\(/);
  });

  it('keeps names that would be markup as text, in every block', () => {
    const html = toHtml(hostileReport(), { title: HOSTILE, compare: hostileReport() });
    expect(html.match(/<script/g)).toHaveLength(4);
    expect(html).not.toContain('<img');
    expect(html).not.toMatch(/[\u202e\u2066\u0007]/);
    expect(JSON.stringify(dataOf(html))).toContain('globalThis.pwned=1');
  });

  it('shows views 1 to 3 without scripts', () => {
    const html = toHtml(richReport({ tasks: 100 }));
    const [, still] = /<noscript>([^]*)<\/noscript>/.exec(html) ?? [];
    expect(still).toContain('Step to take');
    expect(still).toContain('class="bar"');
    expect(still?.match(/class="waterfall"/g)).toHaveLength(2);
    // The policy would refuse the attribute.
    expect(still).not.toContain('style=');
  });
});

describe('two runs side by side', () => {
  it('have the numbers of compare(), with safe names', () => {
    const [a, b] = [sampleReport({ seed: 1 }), sampleReport({ seed: 2 })];
    const { verdict, metrics } = compare(a, b);
    expect(dataOf(toHtml(a, { compare: b })).comparison).toMatchObject({ verdict, metrics });
    expect(metrics.map(({ name }) => name)).toContain('latency p99');
    const hostile = toHtml(hostileReport(), { compare: hostileReport() });
    expect(JSON.stringify(dataOf(hostile).comparison)).not.toMatch(/[\u202e\u2066\u0007]/);
  });
});

describe('bounds of the throughput', () => {
  it('are the lowest of workers, cores and main thread', () => {
    const report = sampleReport({ tasks: 1000, workers: 2 });
    const pool = report.pools[0] as ReportData['pools'][0];
    const onThree = { ...report, run: { ...report.run, cores: 3, otherCores: 0 } };
    pool.asked.cores.meanNative = 0;
    const bounds = scalingBounds(pool, onThree, 8);
    const perTask = pool.capacity.totals.cpu / pool.tries;
    expect(bounds?.bound[0]).toBeCloseTo(1000 / perTask, 6);
    expect(bounds?.bound[7]).toBeCloseTo(3000 / perTask, 6);
    // Native threads take cores as well: here as much as the handlers.
    pool.asked.cores.meanNative = pool.capacity.totals.cpu / pool.wallMs;
    expect(scalingBounds(pool, onThree, 8)?.bound[7]).toBeCloseTo(1500 / perTask, 6);
    report.parent.ledger.ceilingPerSecond = 10;
    expect(scalingBounds(pool, report, 8)?.bound[7]).toBe(10);
  });

  it('are not made up without a task', () => {
    const report = sampleReport({ tasks: 1 });
    const pool = report.pools[0] as ReportData['pools'][0];
    expect(scalingBounds({ ...pool, tries: 0 }, report, 8)).toBeNull();
  });
});
