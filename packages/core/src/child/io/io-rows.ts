import { BoundedNames, OTHER } from '../../base/bounded-names.js';
import { Histogram } from '../../base/histogram.js';
import type { IoDelta } from '../../contract/profile-messages.js';

/** What is done, without values. */
export interface Operation {
  readonly kind: string;
  readonly peer: string;
  readonly operation: string;
  /** Hash of a statement; '' where there is none. */
  readonly statement: string;
  readonly what: IoDelta['what'];
}

/** Task name of what runs in no task. */
export const OUTSIDE = '(outside of tasks)';

const MOST_PEERS = 200;
/** A histogram takes 5.6 KB, so all rows take 3 MB at most. */
const MOST_ROWS = 500;
/** Rows of those that have none of their own: by task, kind and use. */
const MOST_OTHER_ROWS = 40;
/** Statements of one operation. A program that builds its statements has no end of them. */
const MOST_STATEMENTS = 20;
const LONGEST_NAME = 200;

/** Sums of one operation since they were last taken. Unlike them, the number of open ones goes on. */
export class IoRow {
  readonly task: string;
  readonly of: Operation;
  readonly #histogram = new Histogram();
  #errors = 0;
  #bytesIn = 0;
  #bytesOut = 0;
  #open = 0;
  #openSince = 0;
  #openMs = 0;
  #peak = 0;

  constructor(task: string, of: Operation) {
    this.task = task;
    this.of = of;
  }

  begin(now: number): void {
    if (this.#open++ === 0) this.#openSince = now;
    if (this.#open > this.#peak) this.#peak = this.#open;
  }

  /** Ends one whose end is not known: it has no duration. */
  drop(now: number): void {
    if (--this.#open === 0) this.#openMs += now - this.#openSince;
  }

  end(now: number, ms: number, hasFailed: boolean, bytesIn: number, bytesOut: number): void {
    this.drop(now);
    this.#histogram.record(ms);
    if (hasFailed) this.#errors++;
    this.#bytesIn += bytesIn;
    this.#bytesOut += bytesOut;
  }

  /** Counts operations that were one after another, and are over. */
  add(ms: number): void {
    this.#histogram.record(ms);
    this.#openMs += ms;
    if (this.#peak === 0) this.#peak = 1;
  }

  /** The sums since the last call; undefined if there are none. */
  take(now: number): IoDelta | undefined {
    if (this.#open > 0) {
      this.#openMs += now - this.#openSince;
      this.#openSince = now;
    }
    const { count, sum, min, max } = this.#histogram;
    if (count === 0 && this.#openMs === 0 && this.#peak === 0) return undefined;
    const { task, of } = this;
    const delta: IoDelta = {
      task,
      kind: of.kind,
      peer: of.peer,
      operation: of.operation,
      statement: of.statement,
      what: of.what,
      count,
      errors: this.#errors,
      totalMs: sum,
      minMs: min,
      maxMs: max,
      counts: this.#histogram.toCounts(),
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      openMs: this.#openMs,
      peak: this.#peak,
    };
    this.#histogram.clear();
    this.#errors = this.#bytesIn = this.#bytesOut = this.#openMs = 0;
    this.#peak = this.#open;
    return delta;
  }
}

/**
 * Rows by task and operation. Users and their data make up the names, so their number is bounded. Statements beyond the bound have
 * no hash. Peers and all the rest are '(other)', and the operations so folded are counted.
 */
export class IoRows {
  readonly #rows = new Map<string, IoRow>();
  readonly #others = new BoundedNames<{ row: IoRow | undefined }>(MOST_OTHER_ROWS, () => ({ row: undefined }));
  readonly #peers = new BoundedNames<string>(MOST_PEERS, (name) =>
    name === OTHER ? OTHER : name.slice(0, LONGEST_NAME),
  );
  readonly #statements = new Map<string, number>();
  #folded = 0;

  /** The row of an operation. */
  get(task: string, of: Operation): IoRow {
    const isFolded = this.#peers.get(of.peer) === OTHER && of.peer !== OTHER;
    const peer = isFolded ? OTHER : of.peer.slice(0, LONGEST_NAME);
    const name = `${task}\n${of.kind}\n${peer}\n${of.operation}\n${of.what}`;
    const key = of.statement === '' ? name : `${name}\n${of.statement}`;
    if (isFolded) this.#folded++;
    return this.#rows.get(key) ?? this.#add(key, name, task, { ...of, peer });
  }

  /** Operations without a place of their own since the last call. */
  takeFolded(): number {
    const folded = this.#folded;
    this.#folded = 0;
    return folded;
  }

  take(now: number): IoDelta[] {
    const deltas: IoDelta[] = [];
    for (const row of this.#rows.values()) {
      const delta = row.take(now);
      if (delta !== undefined) deltas.push(delta);
    }
    for (const { row } of this.#others.values()) {
      const delta = row?.take(now);
      if (delta !== undefined) deltas.push(delta);
    }
    return deltas;
  }

  #add(key: string, name: string, task: string, of: Operation): IoRow {
    if (of.statement !== '') {
      const seen = this.#statements.get(name) ?? 0;
      if (seen >= MOST_STATEMENTS) {
        this.#folded++;
        const { kind, peer, operation, what } = of;
        return this.#rows.get(name) ?? this.#add(name, name, task, { kind, peer, operation, statement: '', what });
      }
      if (this.#rows.size < MOST_ROWS) this.#statements.set(name, seen + 1);
    }
    if (this.#rows.size >= MOST_ROWS) return this.#other(task, of);
    const { kind, operation } = of;
    const row = new IoRow(task.slice(0, LONGEST_NAME), {
      ...of,
      kind: kind.slice(0, LONGEST_NAME),
      operation: operation.slice(0, LONGEST_NAME),
    });
    this.#rows.set(key, row);
    return row;
  }

  #other(task: string, { kind, what }: Operation): IoRow {
    this.#folded++;
    const place = this.#others.get(`${task}\n${kind}\n${what}`);
    const isLast = place === this.#others.find(OTHER);
    return (place.row ??= new IoRow(isLast ? OTHER : task.slice(0, LONGEST_NAME), {
      kind: isLast ? OTHER : kind.slice(0, LONGEST_NAME),
      peer: OTHER,
      operation: OTHER,
      statement: '',
      what: isLast ? 'use' : what,
    }));
  }
}
