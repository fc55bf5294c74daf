import type { ReportData } from '../../model/report-data.js';
import type { Family, Series } from '../metrics/family.js';
import { metricsOf } from '../metrics/metrics-of.js';
import { attributes, epochMs, type KeyValue, nanos, resourceOf, SCOPE, type Scope } from './values.js';

/** From the first one on, numbers only rise. */
const CUMULATIVE = 2;

interface Point {
  attributes: KeyValue[];
  startTimeUnixNano: string;
  timeUnixNano: string;
}
type NumberPoint = Point & { asDouble: number };
type HistogramPoint = Point & { count: string; sum: number; bucketCounts: string[]; explicitBounds: number[] };

type Metric = { name: string; description: string; unit: string } & (
  | { sum: { dataPoints: NumberPoint[]; aggregationTemporality: number; isMonotonic: boolean } }
  | { gauge: { dataPoints: NumberPoint[] } }
  | { histogram: { dataPoints: HistogramPoint[]; aggregationTemporality: number } }
);

/** Body of a request to `/v1/metrics`. */
export interface MetricsRequest {
  resourceMetrics: { resource: { attributes: KeyValue[] }; scopeMetrics: { scope: Scope; metrics: Metric[] }[] }[];
}

export function metricsRequest(report: ReportData, serviceName: string): MetricsRequest {
  const startMs = epochMs(report);
  const time = { startTimeUnixNano: nanos(startMs), timeUnixNano: nanos(startMs + report.run.wallMs) };
  const metrics = metricsOf(report).map((family) => metricOf(family, time));
  return {
    resourceMetrics: [{ resource: resourceOf(report, serviceName), scopeMetrics: [{ scope: SCOPE, metrics }] }],
  };
}

type Time = Omit<Point, 'attributes'>;

function metricOf({ name, help, unit, type, series }: Family, time: Time): Metric {
  const head = { name: `millpond.${name}`, description: help, unit };
  if (type === 'histogram') {
    return {
      ...head,
      histogram: {
        dataPoints: series.flatMap((each) => histogramPoint(each, time)),
        aggregationTemporality: CUMULATIVE,
      },
    };
  }
  const dataPoints = series.flatMap((each) => numberPoint(each, time));
  return type === 'gauge'
    ? { ...head, gauge: { dataPoints } }
    : { ...head, sum: { dataPoints, aggregationTemporality: CUMULATIVE, isMonotonic: true } };
}

function numberPoint({ labels, value }: Series, time: Time): NumberPoint[] {
  return typeof value === 'number' ? [{ attributes: attributes(labels), ...time, asDouble: value }] : [];
}

function histogramPoint({ labels, value }: Series, time: Time): HistogramPoint[] {
  if (typeof value === 'number') return [];
  return [
    {
      ...{ attributes: attributes(labels), ...time, count: String(value.count), sum: value.sumSeconds },
      bucketCounts: value.counts.map(String),
      explicitBounds: [...value.boundsSeconds],
    },
  ];
}
