import type { SpanColumns } from '../model/spans.js';
import { sortedQuantile } from '../statistics/quantile.js';
import type { NameCosts } from './name-costs.js';
import { emptyRows, ENDS, type Rows } from './rows.js';

/** First tasks of a worker, which may still compile their code. */
const FIRST = 5;

/** Terms on which single tries become rows. */
export interface SpanTerms {
  /** Costs by the names of `spans.tasks`. */
  costs: readonly NameCosts[];
  /** Index in the record by that of `spans.tasks`. */
  names: readonly number[];
  /** Place of a worker by its id. */
  placeOf: (workerId: number) => number;
  /** Whether threads were seldom busy, so that the way took what it took by itself. */
  isQuiet: boolean;
  /** Names whose tasks share calls of their handler, by the names of `spans.tasks`. */
  isBatched: readonly boolean[];
}

/** Rows of all kept tries, in the order of their submits. */
export function rowsOfSpans(spans: SpanColumns, terms: SpanTerms): Rows {
  const all = Array.from({ length: spans.kept }, (_, i) => i).sort(
    (a, b) => stampOf(spans, a, 0) - stampOf(spans, b, 0),
  );
  const { order, items } = callsOf(spans, all, terms.isBatched);
  const rows = emptyRows(order.length);
  const ways = mostOfWays(spans, terms.isQuiet);
  const latest = new Map<number, number>();
  for (const [row, i] of order.entries()) {
    fill(rows, row, spans, i, terms, ways[spans.task[i] ?? 0]);
    rows.items[row] = items[row] ?? 1;
    const taskId = spans.taskId[i] ?? 0;
    if ((spans.attempt[i] ?? 1) > 1) {
      rows.after[row] = latest.get(taskId) ?? -1;
      rows.backoff[row] = ms(spans.backoffMs[i]);
    }
    latest.set(taskId, row);
  }
  markFirst(rows, spans, order);
  return rows;
}

/** The first try of each call. Tries of one name that began together in one worker are items of one call. */
function callsOf(
  spans: SpanColumns,
  all: readonly number[],
  isBatched: readonly boolean[],
): { order: number[]; items: number[] } {
  const order: number[] = [];
  const items: number[] = [];
  const places = new Map<string, number>();
  for (const i of all) {
    const startedAt = stampOf(spans, i, 5);
    if (isBatched[spans.task[i] ?? 0] === true && !Number.isNaN(startedAt)) {
      const call = `${spans.task[i] ?? 0} ${spans.workerId[i] ?? 0} ${startedAt}`;
      const place = places.get(call);
      if (place !== undefined) {
        items[place] = Math.min(65_535, (items[place] ?? 1) + 1);
        continue;
      }
      places.set(call, order.length);
    }
    order.push(i);
    items.push(1);
  }
  return { order, items };
}

function fill(rows: Rows, row: number, spans: SpanColumns, i: number, terms: SpanTerms, most?: Ways): void {
  const name = spans.task[i] ?? 0;
  const costs = terms.costs[name];
  const part = (from: number) => ms(stampOf(spans, i, from + 1) - stampOf(spans, i, from));
  const execution = executionOf(spans, i);
  const inShare = costs === undefined || !(costs.meanIn > 0) ? 1 : (spans.inputBytes[i] ?? 0) / costs.meanIn;
  const outShare = costs === undefined || !(costs.meanOut > 0) ? 1 : (spans.outputBytes[i] ?? 0) / costs.meanOut;
  rows.at[row] = ms(stampOf(spans, i, 0));
  rows.name[row] = terms.names[name] ?? 0;
  rows.hold[row] = ms(spans.limitWaitMs[i]) + ms(spans.batchWaitMs[i]);
  // Few encodings are timed each.
  rows.inputEncode[row] = ms(spans.encodeMs[i]) || (costs?.encodeMs ?? 0) * inShare;
  rows.dispatch[row] = costs?.dispatchMs ?? part(1);
  rows.wayIn[row] = Math.min(part(2), most?.in ?? Infinity);
  rows.decode[row] = (costs?.decodeMs ?? part(3)) * inShare;
  rows.cpu[row] = execution * (costs?.cpu ?? 1);
  rows.gc[row] = execution * (costs?.gc ?? 0);
  rows.block[row] = execution * (costs?.block ?? 0);
  rows.native[row] = execution * (costs?.native ?? 0);
  rows.helper[row] = execution * (costs?.helper ?? 0);
  rows.wait[row] = execution * (costs?.wait ?? 0);
  rows.reply[row] = (costs?.replyMs ?? part(6)) * outShare;
  rows.wayOut[row] = Math.min(part(7), most?.out ?? Infinity);
  rows.settle[row] = (costs?.settleMs ?? part(8)) * outShare;
  rows.ran[row] = terms.placeOf(spans.workerId[i] ?? 0);
  const outcome = spans.outcome[i];
  rows.ends[row] = outcome === 'ok' ? ENDS.ok : outcome === 'crash' ? ENDS.crash : ENDS.failed;
}

/** Time in the handler. A try that did not come back was there until it ended. */
function executionOf(spans: SpanColumns, i: number): number {
  const startedAt = stampOf(spans, i, 5);
  const endedAt = stampOf(spans, i, 6);
  if (Number.isNaN(startedAt)) return 0;
  return ms((Number.isNaN(endedAt) ? stampOf(spans, i, 9) : endedAt) - startedAt);
}

interface Ways {
  in: number;
  out: number;
}

/**
 * Most time on the way that counts as such. Beyond it the receiver was busy, which the replay makes anew. Where threads were busy for
 * long, only the shortest ways are surely nothing else.
 */
function mostOfWays(spans: SpanColumns, isQuiet: boolean): Ways[] {
  return spans.tasks.map((_, name) => {
    const mostOf = (from: number) => {
      const all: number[] = [];
      for (let i = 0; i < spans.kept; i++) {
        const each = stampOf(spans, i, from + 1) - stampOf(spans, i, from);
        if (spans.task[i] === name && each >= 0) all.push(each);
      }
      const sorted = Float64Array.from(all).sort();
      return isQuiet ? 1.5 * sortedQuantile(sorted, 0.5) : sortedQuantile(sorted, 0.01);
    };
    return { in: mostOf(2), out: mostOf(7) };
  });
}

function markFirst(rows: Rows, spans: SpanColumns, order: readonly number[]): void {
  const seen = new Map<number, number>();
  const started = order
    .map((i, row) => ({ row, worker: spans.workerId[i] ?? 0, at: stampOf(spans, i, 5) }))
    .filter(({ at }) => !Number.isNaN(at))
    .sort((a, b) => a.at - b.at);
  for (const { row, worker } of started) {
    const count = seen.get(worker) ?? 0;
    seen.set(worker, count + 1);
    if (count < FIRST) rows.first[row] = count + 1;
  }
}

/** A stamp of a kept try; NaN if the try did not reach it. */
export function stampOf(spans: SpanColumns, i: number, stamp: number): number {
  return spans.stamps[i]?.[stamp] ?? NaN;
}

/** A duration as the replay can use it: clocks may jump, and stamps may lack. */
function ms(value: number | undefined): number {
  return value !== undefined && value > 0 && value < 1e12 ? value : 0;
}
