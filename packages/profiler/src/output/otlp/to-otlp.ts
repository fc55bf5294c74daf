import type { ReportData } from '../../model/report-data.js';
import { type MetricsRequest, metricsRequest } from './metrics.js';
import { type TraceRequest, traceRequest } from './traces.js';

/** Defaults of the options. */
export const OTLP_TASKS = 10_000;
export const OTLP_SERVICE = 'millpond';

export interface OtlpOptions {
  /** Most tasks with spans. Receivers limit the size of a request. @defaultValue 10,000 */
  tasks?: number;
  /** `service.name` of the resource. @defaultValue 'millpond' */
  serviceName?: string;
}

/** Bodies of two requests in OTLP/JSON: the first for `/v1/traces`, the second for `/v1/metrics`. */
export interface Otlp {
  traces: TraceRequest;
  metrics: MetricsRequest;
}

/**
 * The report for OpenTelemetry. A task is a span of kind PRODUCER. Each of its tries in a worker is one of kind CONSUMER below it. Where
 * the call had a `traceparent` header, the spans belong to that trace. Ids follow from the run and the task. A second export of
 * the same report makes the same spans.
 */
export function toOtlp(report: ReportData, { tasks = OTLP_TASKS, serviceName = OTLP_SERVICE }: OtlpOptions = {}): Otlp {
  return { traces: traceRequest(report, tasks, serviceName), metrics: metricsRequest(report, serviceName) };
}
