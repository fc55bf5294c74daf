import type { ReportData } from '../../model/report-data.js';
import { checkKeys, refuse, show } from '../../options.js';
import { type MetricsRequest, metricsRequest } from './metrics.js';
import { type TraceRequest, traceRequest } from './traces.js';

/** Defaults of the options. */
export const OTLP_TASKS = 10_000;
export const OTLP_SERVICE = 'millpond';

export interface OtlpOptions {
  /** Most tasks with spans. Receivers limit the size of a request. An integer of at least 0, or Infinity. @defaultValue 10,000 */
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
 * @throws ERR_OPTION for an unknown key or a wrong value
 */
export function toOtlp(report: ReportData, options?: OtlpOptions): Otlp {
  const { tasks = OTLP_TASKS, serviceName = OTLP_SERVICE } = checkKeys(options, ['tasks', 'serviceName']);
  if (tasks !== Infinity && !(Number.isInteger(tasks) && tasks >= 0))
    refuse('tasks', `must be an integer of at least 0, or Infinity; received ${show(tasks)}.`);
  if (typeof serviceName !== 'string' || serviceName === '')
    refuse('serviceName', `must be a string of at least one character; received ${show(serviceName)}.`);
  return { traces: traceRequest(report, tasks, serviceName), metrics: metricsRequest(report, serviceName) };
}
