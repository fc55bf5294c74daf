import { expect, it } from 'vitest';
import type { PageData } from '../../src/html/shared/page-data.js';
import { toHtml } from '../../src/html/to-html.js';
import type { ReportData } from '../../src/model/report-data.js';
import { richReport } from '../support/page-report.js';

function dataOf(html: string): PageData {
  const [, json] = /<script type="application\/json" id="page-data">([^<]*)<\/script>/.exec(html) ?? [];
  return JSON.parse(json ?? '') as PageData;
}

it('the page of a report is at most 1.5 MB at 100,000 uneven spans, and at most 5 MB whatever there is', () => {
  const report = richReport({ tasks: 100_000, workers: 8 });
  const usual = toHtml(report);
  console.log(`100,000 spans: ${usual.length} characters, times to ${dataOf(usual).spans[0]?.quantumUs} µs`);
  expect(Buffer.byteLength(usual)).toBeLessThanOrEqual(1_500_000);
  expect(dataOf(usual).spans[0]?.rows).toBe(100_000);
  report.pools = Array.from({ length: 8 }, () => report.pools[0] as ReportData['pools'][0]);
  const large = toHtml(report);
  const { remarks, spans } = dataOf(large);
  console.log(`800,000 spans: ${large.length} characters`);
  expect(Buffer.byteLength(large)).toBeLessThanOrEqual(5_000_000);
  expect(spans[0]?.rows).toBeLessThan(100_000);
  expect(remarks.join()).toMatch(/show .* of 100.000 kept tries/);
}, 180_000);
