import { deflateRawSync } from 'node:zlib';
import type { SpanColumns } from '../model/spans.js';
import { packSpans, type SpanHeader } from './shared/span-table.js';

export interface SpanBlock {
  header: SpanHeader;
  /** Deflated columns in base64. */
  base64: string;
}

/** Steps of time to which stamps are rounded, µs: the first one that fits. A step beyond the last one would be seen in pictures. */
const QUANTA_US = [1, 2, 5, 10, 20];

/**
 * Spans as text of at most `budget` characters. Stamps are rounded to 1 µs, or coarser if that does not fit. If nothing fits, rows
 * are left out. Failures stay as long as possible, because a picture without them would mislead.
 */
export function spanBlock(spans: SpanColumns, budget: number): SpanBlock {
  let rows = Array.from({ length: spans.kept }, (_, row) => row);
  let factor = (_row: number) => 1;
  for (let round = 0; ; round++) {
    const quantum = likelyQuantum(spans, rows, budget);
    let block = encode(spans, rows, factor, quantum);
    for (const coarser of QUANTA_US.filter((each) => each > quantum)) {
      if (block.base64.length <= budget) break;
      block = encode(spans, rows, factor, coarser);
    }
    if (block.base64.length <= budget || rows.length <= 1000 || round === 8) return block;
    const wanted = Math.max(1000, Math.floor((rows.length * budget) / block.base64.length / 1.05));
    ({ rows, factor } = sampled(spans, rows, wanted));
  }
}

/** A tenth of the rows takes a ninth of the space of all: deflate learns more from longer columns. */
const TENTHS = 9;

/** The finest step that may fit, judged by a tenth of the rows. To deflate all of them for each step would take seconds. */
function likelyQuantum(spans: SpanColumns, rows: readonly number[], budget: number): number {
  const length = Math.ceil(rows.length / 10);
  if (length < 1000) return 1;
  const from = Math.floor((rows.length - length) / 2);
  const some = rows.slice(from, from + length);
  const fits = (quantum: number) => encode(spans, some, () => 1, quantum).base64.length * TENTHS <= budget;
  return QUANTA_US.find(fits) ?? (QUANTA_US.at(-1) as number);
}

function encode(
  spans: SpanColumns,
  rows: readonly number[],
  factor: (row: number) => number,
  quantumUs: number,
): SpanBlock {
  const { header, bytes } = packSpans(spans, rows, factor, quantumUs);
  return { header, base64: deflateRawSync(bytes, { level: 6 }).toString('base64') };
}

/** About `wanted` of the rows: failures first, and every n-th of the others, which then stand for n. */
function sampled(spans: SpanColumns, rows: readonly number[], wanted: number) {
  const isFailure = (row: number) => spans.outcome[row] !== 'ok';
  const failures = rows.filter(isFailure).slice(0, wanted / 2);
  const kept = new Set(failures);
  const others = rows.filter((row) => !kept.has(row));
  const every = Math.max(1, Math.ceil(others.length / Math.max(1, wanted - failures.length)));
  for (let i = 0; i < others.length; i += every) kept.add(others[i] as number);
  const isKeptAnyway = new Set(failures);
  return { rows: rows.filter((row) => kept.has(row)), factor: (row: number) => (isKeptAnyway.has(row) ? 1 : every) };
}
