import { createHash } from 'node:crypto';
import { plainName } from '../../format/plain.js';
import type { PoolReport } from '../../model/pool-report.js';
import type { ReportData } from '../../model/report-data.js';
import { SEGMENT_IDS } from '../../model/segments.js';
import { attachedAfterMs, handlerTime, triesOf, type Try } from '../tries.js';
import { chooseTasks } from './choose-tasks.js';
import { readTraceparent } from './traceparent.js';
import { attributes, epochMs, type KeyValue, nanos, resourceOf, SCOPE, type Scope } from './values.js';

const PRODUCER = 4;
const CONSUMER = 5;
const STATUS = { unset: 0, error: 2 } as const;

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  flags?: number;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: KeyValue[];
  events: { timeUnixNano: string; name: string; attributes: KeyValue[] }[];
  status: { code?: number; message?: string };
}

/** Body of a request to `/v1/traces`. */
export interface TraceRequest {
  resourceSpans: { resource: { attributes: KeyValue[] }; scopeSpans: { scope: Scope; spans: Span[] }[] }[];
}

export function traceRequest(report: ReportData, most: number, serviceName: string): TraceRequest {
  const spans = report.pools.flatMap((pool, index) =>
    poolSpans(report, pool, index, Math.ceil(most / report.pools.length)),
  );
  if (spans.length === 0) return { resourceSpans: [] };
  return { resourceSpans: [{ resource: resourceOf(report, serviceName), scopeSpans: [{ scope: SCOPE, spans }] }] };
}

function poolSpans(report: ReportData, pool: PoolReport, index: number, most: number): Span[] {
  const startMs = epochMs(report) + attachedAfterMs(report, pool);
  const at = (ms: number) => nanos(startMs + ms);
  const seed = `${report.run.startedAt}\n${index}\n${pool.name}`;
  return chooseTasks(triesOf(pool), most).flatMap((tries) => taskSpans(tries, pool, seed, at));
}

/** The spans of one task: of its submit, and of each of its tries that began in a worker. */
function taskSpans(tries: readonly Try[], pool: PoolReport, seed: string, at: (ms: number) => string): Span[] {
  const first = tries[0];
  const last = tries.at(-1);
  if (first === undefined || last === undefined) return [];
  const own = createHash('sha256').update(`${seed}\n${first.taskId}`).digest('hex');
  const caller = readTraceparent(first.traceparent);
  const traceId = caller?.traceId ?? own.slice(0, 32);
  const producerId = own.slice(32, 48);
  const flags = caller === undefined ? {} : { flags: caller.flags };
  const producer: Span = {
    ...{ traceId, spanId: producerId, ...(caller === undefined ? {} : { parentSpanId: caller.spanId }), ...flags },
    ...{ name: `send ${plainName(first.task)}`, kind: PRODUCER },
    startTimeUnixNano: at(first.stamps[0] ?? 0),
    endTimeUnixNano: at(Math.max(first.stamps[0] ?? 0, ...tries.map(({ stamps }) => stamps[9] ?? 0))),
    attributes: attributes({
      ...messaging(pool, first, 'send', 'send'),
      'millpond.tries': tries.length,
      'millpond.outcome': last.outcome,
      'millpond.sample.weight': first.weight,
    }),
    events: tries.flatMap((each, i) => tryEvents(each, i, at)),
    status: statusOf(last),
  };
  const consumers = tries.flatMap((each): Span[] => {
    const time = handlerTime(each);
    if (time === undefined) return [];
    return [
      {
        ...{ traceId, spanId: spanIdOf(seed, each), parentSpanId: producerId, ...flags },
        ...{
          name: `process ${plainName(each.task)}`,
          kind: CONSUMER,
          startTimeUnixNano: at(time.fromMs),
          endTimeUnixNano: at(time.toMs),
        },
        attributes: attributes({ ...messaging(pool, each, 'process', 'process'), ...tryFacts(each, pool) }),
        events: [],
        status: statusOf(each),
      },
    ];
  });
  return [producer, ...consumers];
}

/** Attributes of the conventions for messaging, as far as they fit a pool. */
function messaging(
  pool: PoolReport,
  { taskId, inputBytes, task }: Try,
  type: string,
  name: string,
): Record<string, string | number> {
  return {
    'messaging.system': 'millpond',
    'messaging.operation.type': type,
    'messaging.operation.name': name,
    'messaging.destination.name': plainName(pool.name),
    'messaging.message.id': String(taskId),
    'messaging.message.body.size': inputBytes,
    'millpond.task': plainName(task),
  };
}

function tryFacts(each: Try, pool: PoolReport): Record<string, string | number> {
  const { stamps, limitWaitMs, batchWaitMs, backoffMs } = each;
  const segments = SEGMENT_IDS.map(
    (id, i) => [`millpond.segment.${id}`, (stamps[i + 1] ?? NaN) - (stamps[i] ?? NaN)] as const,
  );
  return {
    'millpond.attempt': each.attempt,
    'millpond.worker.id': each.workerId,
    'millpond.pool.kind': pool.kind,
    'millpond.outcome': each.outcome,
    'millpond.output.size': each.outputBytes,
    ...Object.fromEntries(segments),
    ...(limitWaitMs > 0 ? { 'millpond.wait.limit': limitWaitMs } : {}),
    ...(batchWaitMs > 0 ? { 'millpond.wait.batch': batchWaitMs } : {}),
    ...(backoffMs > 0 ? { 'millpond.wait.backoff': backoffMs } : {}),
  };
}

function tryEvents(
  { stamps, attempt, workerId, backoffMs }: Try,
  i: number,
  at: (ms: number) => string,
): Span['events'] {
  const submitted = stamps[0] ?? NaN;
  const assigned = stamps[1] ?? NaN;
  return [
    ...(i > 0 && !Number.isNaN(submitted)
      ? [
          {
            timeUnixNano: at(submitted),
            name: 'millpond.retry',
            attributes: attributes({ 'millpond.attempt': attempt, 'millpond.wait.backoff': backoffMs }),
          },
        ]
      : []),
    ...(Number.isNaN(assigned)
      ? []
      : [
          {
            timeUnixNano: at(assigned),
            name: 'millpond.assigned',
            attributes: attributes({ 'millpond.worker.id': workerId, 'millpond.wait.queue': assigned - submitted }),
          },
        ]),
  ];
}

function statusOf({ outcome }: Try): Span['status'] {
  return outcome === 'ok' ? { code: STATUS.unset } : { code: STATUS.error, message: outcome };
}

function spanIdOf(seed: string, { taskId, attempt }: Try): string {
  return createHash('sha256').update(`${seed}\n${taskId}\n${attempt}`).digest('hex').slice(0, 16);
}
