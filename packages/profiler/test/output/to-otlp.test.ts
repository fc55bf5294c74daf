import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toOtlp } from '../../src/output/otlp/to-otlp.js';
import { readTraceparent } from '../../src/output/otlp/traceparent.js';
import { failing, LONE, reportsByName } from '../support/all-reports.js';
import { throughProtocol } from '../support/otlp-proto.js';
import { richReport } from '../support/rich-report.js';
import { sampleReport } from '../support/sample-report.js';

const PRODUCER = 4;
const CONSUMER = 5;

function spansOf(otlp: ReturnType<typeof toOtlp>) {
  return otlp.traces.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

function attribute(span: { attributes: { key: string; value: object }[] }, key: string): unknown {
  return Object.values(span.attributes.find((each) => each.key === key)?.value ?? {})[0];
}

/** Empty lists and zeros, which the binary protocol does not carry. */
function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(
        ([key, each]) =>
          !(Array.isArray(each) && each.length === 0) &&
          !(key === 'code' && each === 0) &&
          !(key === 'flags' && each === 0),
      )
      .map(([key, each]) => [key, withoutDefaults(each)]),
  );
}

describe('OTLP of a report', () => {
  it.each(reportsByName())('goes through the protocol unchanged: %s', (_, report) => {
    const otlp = toOtlp(report);
    expect(JSON.stringify(otlp)).not.toMatch(LONE);
    const traces = JSON.parse(JSON.stringify(otlp.traces)) as object;
    const metrics = JSON.parse(JSON.stringify(otlp.metrics)) as object;
    expect(withoutDefaults(throughProtocol('trace', traces))).toEqual(withoutDefaults(traces));
    expect(withoutDefaults(throughProtocol('metrics', metrics))).toEqual(withoutDefaults(metrics));
  });

  it('has a span for each submit, and one below it for each try that began, with the times of the report', () => {
    const report = sampleReport({ tasks: 30 });
    const spans = spansOf(toOtlp(report));
    const producers = spans.filter(({ kind }) => kind === PRODUCER);
    const consumers = spans.filter(({ kind }) => kind === CONSUMER);
    expect([producers.length, consumers.length]).toEqual([30, 30]);
    const base = Date.parse(report.run.startedAt);
    for (const [i, consumer] of consumers.entries()) {
      const producer = producers[i]!;
      expect(consumer.traceId).toBe(producer.traceId);
      expect(consumer.parentSpanId).toBe(producer.spanId);
      const stamps = report.pools[0]!.spans!.stamps[i]!;
      const ms = [
        producer.startTimeUnixNano,
        consumer.startTimeUnixNano,
        consumer.endTimeUnixNano,
        producer.endTimeUnixNano,
      ].map((nanos) => Number(BigInt(nanos) / 1000n) / 1000 - base);
      for (const [k, stamp] of [0, 5, 6, 9].entries()) expect(ms[k]).toBeCloseTo(stamps[stamp]!, 2);
      expect(attribute(consumer, 'messaging.destination.name')).toBe('resize');
      expect(attribute(consumer, 'millpond.worker.id')).toBe(String(report.pools[0]!.spans!.workerId[i]));
    }
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(60);
    expect(new Set(producers.map(({ traceId }) => traceId)).size).toBe(30);
    for (const { traceId, spanId } of spans) {
      expect(traceId).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
      expect(spanId).toMatch(/^(?!0+$)[0-9a-f]{16}$/);
    }
  });

  it('is the same each time', () => {
    const report = richReport({ tasks: 20 });
    expect(toOtlp(report)).toEqual(toOtlp(report));
  });

  it('has several tries of a task below one submit, with retries as events and failures as status', () => {
    const spans = spansOf(toOtlp(failing()));
    const retried = spans.filter((span) => span.kind === PRODUCER && attribute(span, 'millpond.tries') === '2');
    expect(retried).toHaveLength(5);
    for (const span of retried) {
      expect(span.events.map(({ name }) => name)).toContain('millpond.retry');
      const tries = spans.filter(({ parentSpanId }) => parentSpanId === span.spanId);
      expect(tries.length).toBeLessThanOrEqual(2);
    }
    expect(spans.some(({ status }) => status.code === 2 && status.message === 'timeout')).toBe(true);
  });

  it('belongs to the trace of the caller where the call had a traceparent', () => {
    const report = sampleReport({ tasks: 4 });
    const spans = report.pools[0]!.spans!;
    const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    spans.traceparent = ['', parent, 'nonsense', ''];
    const producers = spansOf(toOtlp(report)).filter(({ kind }) => kind === PRODUCER);
    expect(producers[1]).toMatchObject({
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      parentSpanId: '00f067aa0ba902b7',
      flags: 1,
    });
    for (const i of [0, 2, 3]) expect(producers[i]).not.toHaveProperty('parentSpanId');
  });

  it.each([
    ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00', true],
    ['01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-later', true],
    ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more', false],
    ['ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', false],
    ['00-00000000000000000000000000000000-00f067aa0ba902b7-01', false],
    ['00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01', false],
    ['00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01', false],
    ['', false],
  ])('traceparent %s is one: %s', (text, isOne) => expect(readTraceparent(text) !== undefined).toBe(isOne));

  it('has at most the tasks that are asked for, failures first', () => {
    const report = failing();
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), (tasks) => {
        const producers = spansOf(toOtlp(report, { tasks })).filter(({ kind }) => kind === PRODUCER);
        expect(producers).toHaveLength(Math.min(tasks, 45));
        const failed = producers.filter(({ status }) => status.code === 2).length;
        expect(failed).toBeGreaterThanOrEqual(Math.min(tasks, 35) - 5);
      }),
    );
  });

  it('has the metrics of the report, histograms with a count more than bounds', () => {
    const report = richReport({ tasks: 200 });
    const { metrics } = toOtlp(report).metrics.resourceMetrics[0]!.scopeMetrics[0]!;
    const latency = metrics.find(({ name }) => name === 'millpond.task.latency')!;
    if (!('histogram' in latency)) throw new Error('no histogram');
    const [point] = latency.histogram.dataPoints;
    expect(point!.bucketCounts).toHaveLength(point!.explicitBounds.length + 1);
    expect(point!.bucketCounts.reduce((sum, count) => sum + Number(count), 0)).toBe(
      report.pools[0]!.byTask[0]!.latency.count,
    );
  });
});
