import type { SpanColumns } from '../../model/spans.js';
import { fromPlanes, toPlanes } from './int-planes.js';

export const STAMPS = 10;
export const OUTCOMES = ['ok', 'error', 'cancelled', 'timeout', 'crash'] as const;

/** Columns in the order in which they lie. `mask` says which stamps were reached. */
const BEFORE = ['mask', 'task', 'workerId', 'attempt', 'outcome', 'weight', 'taskId'] as const;
const AFTER = ['limit', 'batch', 'backoff', 'codec', 'inputBytes', 'outputBytes'] as const;
const COLUMNS = BEFORE.length + STAMPS + AFTER.length;

/** What the columns are, beside their bytes. */
export interface SpanHeader {
  rows: number;
  /** Tries in the report's sample, and tries that the sample stands for. */
  kept: number;
  of: number;
  /** Stamps are multiples of it. */
  quantumUs: number;
  tasks: string[];
  /** Number of planes of each column. */
  planes: number[];
}

/** Spans as typed columns. Stamps that a try did not reach are NaN. */
export interface SpanTable {
  rows: number;
  kept: number;
  of: number;
  tasks: string[];
  /** t0 to t9 since the pool's attach, ms. */
  t: Float64Array[];
  task: Float64Array;
  workerId: Float64Array;
  attempt: Float64Array;
  /** Index in OUTCOMES. */
  outcome: Float64Array;
  weight: Float64Array;
  taskId: Float64Array;
  limitMs: Float64Array;
  batchMs: Float64Array;
  backoffMs: Float64Array;
  /** Encoding of the input, and decoding of it and of the result. A report's fit by bytes counts the same. */
  codecMs: Float64Array;
  inputBytes: Float64Array;
  outputBytes: Float64Array;
}

/**
 * Columns of some rows. Stamps are rounded to the quantum first and then written as differences, so that errors do not add up.
 * @param rows numbers of the rows, rising
 */
export function packSpans(
  spans: SpanColumns,
  rows: readonly number[],
  weightFactor: (row: number) => number,
  quantumUs: number,
): { header: SpanHeader; bytes: Uint8Array } {
  const units = (value: number) => Math.round((value * 1000) / quantumUs);
  const stamps = Array.from({ length: STAMPS }, () => new Float64Array(rows.length));
  const mask = new Float64Array(rows.length);
  let lastSubmit = 0;
  rows.forEach((row, i) => {
    let last = lastSubmit;
    let bits = 0;
    for (let stamp = 0; stamp < STAMPS; stamp++) {
      const at = spans.stamps[row]?.[stamp];
      if (at === null || at === undefined || !Number.isFinite(at)) continue;
      bits |= 1 << stamp;
      const now = units(at);
      (stamps[stamp] as Float64Array)[i] = now - last;
      last = now;
      if (stamp === 0) lastSubmit = now;
    }
    mask[i] = bits;
  });
  const column = (valueOf: (row: number) => number | undefined) => Float64Array.from(rows, (row) => valueOf(row) ?? 0);
  const taskIds = column((row) => spans.taskId[row]);
  const packed = [
    mask,
    column((row) => spans.task[row]),
    column((row) => spans.workerId[row]),
    column((row) => spans.attempt[row]),
    column((row) => OUTCOMES.indexOf(spans.outcome[row] ?? 'ok')),
    column((row) => Math.round((spans.weight[row] ?? 1) * weightFactor(row) * 16)),
    taskIds.map((id, i) => id - (i === 0 ? 0 : (taskIds[i - 1] ?? 0))),
    ...stamps,
    column((row) => units(spans.limitWaitMs[row] ?? 0)),
    column((row) => units(spans.batchWaitMs[row] ?? 0)),
    column((row) => units(spans.backoffMs[row] ?? 0)),
    column((row) => roundedTo(2, codecMs(spans, row) * TENTHS_PER_MS)),
    column((row) => roundedTo(3, spans.inputBytes[row] ?? 0)),
    column((row) => roundedTo(3, spans.outputBytes[row] ?? 0)),
  ].map(toPlanes);
  const bytes = new Uint8Array(packed.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const each of packed) {
    bytes.set(each, offset);
    offset += each.length;
  }
  const planes = packed.map(({ length }) => (rows.length === 0 ? 0 : length / rows.length));
  const { kept, of, tasks } = spans;
  return { header: { rows: rows.length, kept, of, quantumUs, tasks, planes }, bytes };
}

/** Units of 0.1 µs in 1 ms: codecs are faster than the step to which stamps are rounded. */
const TENTHS_PER_MS = 10_000;

function codecMs({ encodeMs, stamps }: SpanColumns, row: number): number {
  const between = (from: number, to: number) => (stamps[row]?.[to] ?? NaN) - (stamps[row]?.[from] ?? NaN) || 0;
  return (encodeMs[row] || 0) + between(3, 4) + between(8, 9);
}

/** The first digits of a value: enough for a picture, and half as long. */
function roundedTo(digits: number, value: number): number {
  if (!(value >= 10 ** digits)) return Math.max(0, Math.round(value) || 0);
  const unit = 10 ** (Math.floor(Math.log10(value)) - digits + 1);
  return Math.round(value / unit) * unit;
}

export function unpackSpans(header: SpanHeader, bytes: Uint8Array): SpanTable {
  const { rows, kept, of, tasks, quantumUs } = header;
  if (header.planes.length !== COLUMNS) throw new Error(`The spans have ${header.planes.length} columns.`);
  let offset = 0;
  const columns = header.planes.map((planes) => {
    const values = fromPlanes(bytes, offset, planes, rows);
    offset += planes * rows;
    return values;
  });
  if (offset !== bytes.length) throw new Error(`The spans take ${bytes.length} bytes, and ${offset} are named.`);
  const [mask, task, workerId, attempt, outcome, weight, taskId] = columns as [
    ...[Float64Array, Float64Array, Float64Array, Float64Array, Float64Array, Float64Array, Float64Array],
  ];
  const t = columns.slice(BEFORE.length, BEFORE.length + STAMPS);
  const toMs = quantumUs / 1000;
  let lastSubmit = 0;
  for (let i = 0; i < rows; i++) {
    let last = lastSubmit;
    for (let stamp = 0; stamp < STAMPS; stamp++) {
      const column = t[stamp] as Float64Array;
      if (((mask[i] ?? 0) & (1 << stamp)) === 0) {
        column[i] = NaN;
        continue;
      }
      last += column[i] ?? 0;
      if (stamp === 0) lastSubmit = last;
      column[i] = last * toMs;
    }
    weight[i] = (weight[i] ?? 0) / 16;
    if (i > 0) taskId[i] = (taskId[i] ?? 0) + (taskId[i - 1] ?? 0);
  }
  const [limit, batch, backoff, codec, inputBytes, outputBytes] = columns.slice(BEFORE.length + STAMPS) as [
    ...[Float64Array, Float64Array, Float64Array, Float64Array, Float64Array, Float64Array],
  ];
  const inMs = (units: Float64Array) => units.map((value) => value * toMs);
  return {
    ...{ rows, kept, of, tasks, t, task, workerId, attempt, outcome, weight, taskId, inputBytes, outputBytes },
    ...{
      limitMs: inMs(limit),
      batchMs: inMs(batch),
      backoffMs: inMs(backoff),
      codecMs: codec.map((each) => each / TENTHS_PER_MS),
    },
  };
}
