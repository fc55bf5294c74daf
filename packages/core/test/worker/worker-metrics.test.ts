import { describe, expect, it } from 'vitest';
import type { ReportMessage } from '../../src/wire/messages.js';
import { WorkerMetrics } from '../../src/worker/worker-metrics.js';
import { reportOf } from '../support/reports.js';

const reported = (rssBytes: number): ReportMessage =>
  reportOf({ rssBytes, scratchBytes: 2, heapUsedBytes: 30, youngUsedBytes: 10, heapLimitBytes: 1000 });

describe('the memory of a warm worker', () => {
  it('is that of its first report, which follows the news that it is ready', () => {
    const metrics = new WorkerMetrics(0);
    expect(metrics.warmRssBytes).toBe(0);
    metrics.report(1, reported(100));
    metrics.report(2, reported(180));
    expect(metrics).toMatchObject({ rssBytes: 180, warmRssBytes: 100, warmKeptBytes: 98, warmKeptHeapBytes: 20 });
  });

  it('is not known before, so the size that the system reports does not look like growth', () => {
    const metrics = new WorkerMetrics(0);
    metrics.noteUsage({ cpuMs: 5, rssBytes: 90 });
    expect(metrics.rssBytes).toBe(0);
    metrics.report(1, reported(100));
    metrics.noteUsage({ cpuMs: 6, rssBytes: 150 });
    expect(metrics).toMatchObject({ rssBytes: 150, warmRssBytes: 100 });
  });
});
