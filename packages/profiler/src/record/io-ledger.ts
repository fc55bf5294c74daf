import type { IoDelta, IoMessage } from '@millpond/core';
import { Histogram } from '@millpond/core/internal';

/** Most rows; more kinds of operations share one row a task name. */
const MOST_ROWS = 500;

/** Sums of one kind of operation. */
export interface IoRow extends Pick<IoDelta, 'task' | 'kind' | 'peer' | 'operation' | 'statement' | 'what'> {
  readonly durations: Histogram;
  errors: number;
  bytesIn: number;
  bytesOut: number;
  openMs: number;
  peak: number;
}

/** Waits of handlers for something outside, as their workers report them. */
export class IoLedger {
  readonly #rows = new Map<string, IoRow>();
  readonly unknown = new Map<string, number>();
  folded = 0;

  get rows(): Iterable<IoRow> {
    return this.#rows.values();
  }

  add({ io, unknown, folded }: IoMessage): void {
    for (const delta of io) this.#row(delta, delta);
    for (const [channel, count] of unknown) this.unknown.set(channel, (this.unknown.get(channel) ?? 0) + count);
    this.folded += folded;
  }

  #row(names: Pick<IoDelta, 'task' | 'kind' | 'peer' | 'operation' | 'statement' | 'what'>, delta: IoDelta): void {
    const { task, kind, peer, operation, statement, what } = names;
    const key = JSON.stringify([task, kind, peer, operation, statement, what]);
    let row = this.#rows.get(key);
    if (row === undefined) {
      if (this.#rows.size >= MOST_ROWS && peer !== '(other)') {
        this.folded += delta.count;
        this.#row({ task: '(other)', kind, peer: '(other)', operation: '(other)', statement: '', what }, delta);
        return;
      }
      row = { ...{ task, kind, peer, operation, statement, what }, ...noSums() };
      this.#rows.set(key, row);
    }
    const { count, totalMs, minMs, maxMs, counts } = delta;
    row.durations.merge({ count, sum: totalMs, min: minMs, max: maxMs, counts });
    row.errors += delta.errors;
    row.bytesIn += delta.bytesIn;
    row.bytesOut += delta.bytesOut;
    row.openMs += delta.openMs;
    row.peak = Math.max(row.peak, delta.peak);
  }
}

function noSums() {
  return { durations: new Histogram(), errors: 0, bytesIn: 0, bytesOut: 0, openMs: 0, peak: 0 };
}
