import { bucketMiddleMs, Histogram } from '@millpond/core/internal';
import { describe, expect, it } from 'vitest';
import { MOST_SERIES } from '../../src/output/metrics/family.js';
import { toPrometheus } from '../../src/output/metrics/to-prometheus.js';
import { LONE, reportsByName } from '../support/all-reports.js';
import { histogramOf, parsePrometheus } from '../support/prometheus.js';
import { HOSTILE_NAMES, richReport } from '../support/rich-report.js';
import { sampleReport } from '../support/sample-report.js';

describe('the Prometheus text of a report', () => {
  it.each(reportsByName())('is read by a parser, every family with help, type and series: %s', (_, report) => {
    const text = toPrometheus(report);
    expect(text).not.toMatch(LONE);
    expect(text).not.toMatch(/NaN|undefined|\r/);
    const families = parsePrometheus(text);
    expect(families.size).toBe(text.match(/^# TYPE /gm)!.length);
    for (const [name, { help, type, metrics }] of families) {
      expect(name).toMatch(/^millpond_[a-z_]+$/);
      expect(help).toMatch(/\.$/);
      expect(['COUNTER', 'GAUGE', 'HISTOGRAM']).toContain(type);
      expect(metrics.length).toBeGreaterThan(0);
      const labels = metrics.map((metric) => JSON.stringify(metric.labels ?? {}));
      // Pools of one name have the same series; the last one counts.
      if (report.pools.length < 2) expect(new Set(labels).size, name).toBe(labels.length);
    }
  });

  it('has the numbers of the report', () => {
    const report = richReport({ tasks: 300 });
    const families = parsePrometheus(toPrometheus(report));
    const value = (name: string, labels: object) =>
      Number(
        families
          .get(name)!
          .metrics.find((metric) => Object.entries(labels).every(([key, text]) => metric.labels?.[key] === text))!
          .value,
      );
    const [pool] = report.pools;
    expect(value('millpond_utilization_ratio', { pool: 'resize' })).toBe(pool!.utilization);
    expect(value('millpond_worker_time_seconds_total', { activity: 'cpu' })).toBe(pool!.capacity.totals.cpu / 1000);
    expect(value('millpond_task_tries_total', { task: 'resize', outcome: 'ok' })).toBe(pool!.byTask[0]!.outcomes.ok);
    expect(value('millpond_finding_saving_seconds', { id: 'R05' })).toBe(4.1);
    expect(value('millpond_io_time_seconds_total', { peer: '127.0.0.1:3306' })).toBe(0.045);
    const latency = histogramOf(toPrometheus(report), 'millpond_task_latency_seconds', 'resize');
    expect(latency.count).toBe(pool!.byTask[0]!.latency.count);
    expect(latency.buckets.at(-1)).toEqual({ le: '+Inf', count: latency.count });
    const counts = latency.buckets.map(({ count }) => count);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(latency.sum).toBeCloseTo(pool!.byTask[0]!.latency.totalMs / 1000, 9);
    const below = pool!.byTask[0]!.latencyBuckets.filter(([bucket]) => bucketMiddleMs(bucket) <= 10).reduce(
      (sum, [, count]) => sum + count,
      0,
    );
    expect(latency.buckets.find(({ le }) => le === '0.01')!.count).toBe(below);
  });

  it('knows buckets as the histogram fills them', () => {
    for (const ms of [0.00005, 0.0031, 1, 12.3, 99_999]) {
      const histogram = new Histogram();
      histogram.record(ms);
      const [[bucket]] = histogram.toCounts() as [[number, number]];
      expect(Math.abs(bucketMiddleMs(bucket) / ms - 1)).toBeLessThan(0.017);
    }
  });

  it('escapes labels so that a parser reads them as they were', () => {
    for (const name of [HOSTILE_NAMES[5], HOSTILE_NAMES[10], HOSTILE_NAMES[4]]) {
      const metrics = parsePrometheus(toPrometheus(richReport({ name, tasks: 3 }))).get(
        'millpond_utilization_ratio',
      )!.metrics;
      expect(metrics[0]!.labels!['pool']).toBe(name);
    }
  });

  it('has a bounded number of series, whatever a program names', () => {
    const report = sampleReport({ tasks: 50 });
    const [pool] = report.pools;
    const task = pool!.byTask[0]!;
    pool!.byTask = Array.from({ length: 3000 }, (_, i) => ({ ...task, task: `task ${i}` }));
    const [io] = richReport().pools[0]!.io;
    pool!.io = Array.from({ length: 3000 }, (_, i) => ({ ...io!, peer: `10.0.0.${i}:80` }));
    const families = parsePrometheus(toPrometheus(report));
    for (const [name, { metrics }] of families) expect(metrics.length, name).toBeLessThanOrEqual(MOST_SERIES);
    const { count } = histogramOf(toPrometheus(report), 'millpond_task_latency_seconds', '(other)');
    expect(count).toBe(2900 * task.latency.count);
    const io3000 = families.get('millpond_io_operations_total')!.metrics;
    expect(io3000).toHaveLength(101);
    expect(io3000.reduce((sum, { value }) => sum + Number(value), 0)).toBe(3000 * io!.count);
  });
});
