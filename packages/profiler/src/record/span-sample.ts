import type { TaskTrace, TraceOutcome } from '@millpond/core';
import { BoundedNames } from '@millpond/core/internal';
import type { SpanColumns } from '../model/spans.js';
import { readStamps, STAMPS } from './segments.js';

const FIRST_ROOM = 1024;
/** Distinct task names of kept tries. */
const MOST_NAMES = 1000;
const OUTCOMES: readonly TraceOutcome[] = ['ok', 'error', 'cancelled', 'timeout', 'crash'];
/** Numbers beside the stamps: limitWaitMs, batchWaitMs, encodeMs, backoffMs, inputBytes, outputBytes. */
const NUMBERS = 6;
/** A header of today has 55 characters; later versions may add some. */
const LONGEST_TRACEPARENT = 128;

/**
 * A uniform sample of tries, in columns: 160 bytes a try, and no objects for the garbage collector. Up to its capacity it keeps every
 * try. After that each further one replaces a random one with the probability that keeps the sample uniform (algorithm R).
 */
export class SpanSample {
  readonly #capacity: number;
  readonly #random: () => number;
  readonly #names: string[] = [];
  readonly #ids = new BoundedNames(MOST_NAMES, (name) => this.#names.push(name) - 1);
  /** By place; sparse, and only if a call had one. */
  #traceparents: string[] | undefined;
  #columns: Columns;
  #seen = 0;

  constructor(capacity: number, random: () => number) {
    this.#capacity = capacity;
    this.#random = random;
    this.#columns = makeColumns(Math.min(FIRST_ROOM, capacity));
  }

  /** Tries that were offered. */
  get seen(): number {
    return this.#seen;
  }

  get kept(): number {
    return Math.min(this.#seen, this.#capacity);
  }

  add(trace: TaskTrace): void {
    let at = this.#seen++;
    if (at >= this.#capacity) {
      at = Math.floor(this.#random() * this.#seen);
      if (at >= this.#capacity) return;
    } else if (at === this.#columns.room) {
      this.#columns = grown(this.#columns, Math.min(2 * at, this.#capacity));
    }
    const columns = this.#columns;
    readStamps(trace, columns.stamps, at * STAMPS);
    const numbers = at * NUMBERS;
    columns.numbers[numbers] = trace.limitWaitMs;
    columns.numbers[numbers + 1] = trace.batchWaitMs;
    columns.numbers[numbers + 2] = trace.encodeMs;
    columns.numbers[numbers + 3] = trace.backoffMs;
    columns.numbers[numbers + 4] = trace.inputBytes;
    columns.numbers[numbers + 5] = trace.outputBytes;
    if (trace.traceparent !== undefined) this.#traceparents ??= [];
    if (this.#traceparents !== undefined)
      this.#traceparents[at] = (trace.traceparent ?? '').slice(0, LONGEST_TRACEPARENT);
    columns.taskIds[at] = trace.taskId;
    columns.workerIds[at] = trace.workerId;
    columns.attempts[at] = trace.attempt;
    columns.names[at] = this.#ids.get(trace.task);
    columns.outcomes[at] = OUTCOMES.indexOf(trace.outcome);
  }

  /** The kept tries of several samples, in order of their submits. @param startMs zero of the stamps, host clock */
  static columns(samples: readonly SpanSample[], startMs: number): SpanColumns {
    const rows = samples
      .flatMap((sample) => Array.from({ length: sample.kept }, (_, at) => ({ sample, at })))
      .sort((a, b) => a.sample.#stamp(a.at, 0) - b.sample.#stamp(b.at, 0));
    const tasks: string[] = [];
    const index = new Map<string, number>();
    const taskIndex = (name: string): number => {
      let known = index.get(name);
      if (known === undefined) index.set(name, (known = tasks.push(name) - 1));
      return known;
    };
    const column = <T>(valueOf: (sample: SpanSample, at: number) => T): T[] =>
      rows.map(({ sample, at }) => valueOf(sample, at));
    const figure = (which: number): number[] =>
      column((sample, at) => rounded(sample.#columns.numbers[at * NUMBERS + which] ?? 0) ?? 0);
    return {
      kept: rows.length,
      of: samples.reduce((sum, sample) => sum + sample.#seen, 0),
      taskId: column((sample, at) => sample.#columns.taskIds[at] ?? 0),
      task: column((sample, at) => taskIndex(sample.#names[sample.#columns.names[at] ?? 0] ?? '')),
      tasks,
      attempt: column((sample, at) => sample.#columns.attempts[at] ?? 0),
      workerId: column((sample, at) => sample.#columns.workerIds[at] ?? 0),
      outcome: column((sample, at) => OUTCOMES[sample.#columns.outcomes[at] ?? 0] ?? 'ok'),
      weight: column((sample) => sample.#seen / Math.max(1, sample.kept)),
      stamps: column((sample, at) =>
        Array.from({ length: STAMPS }, (_, stamp) => rounded(sample.#stamp(at, stamp) - startMs)),
      ),
      limitWaitMs: figure(0),
      batchWaitMs: figure(1),
      encodeMs: figure(2),
      backoffMs: figure(3),
      inputBytes: figure(4),
      outputBytes: figure(5),
      ...(samples.some((sample) => sample.#traceparents !== undefined)
        ? { traceparent: column((sample, at) => sample.#traceparents?.[at] ?? '') }
        : {}),
    };
  }

  #stamp(at: number, stamp: number): number {
    return this.#columns.stamps[at * STAMPS + stamp] ?? NaN;
  }
}

/** To 0.1 µs, as good as the clock; JSON has no NaN. */
function rounded(ms: number): number | null {
  return Number.isNaN(ms) ? null : Math.round(ms * 1e4) / 1e4;
}

interface Columns {
  readonly room: number;
  readonly stamps: Float64Array;
  readonly numbers: Float64Array;
  readonly taskIds: Float64Array;
  readonly workerIds: Uint32Array;
  readonly attempts: Uint32Array;
  readonly names: Uint16Array;
  readonly outcomes: Uint8Array;
}

function makeColumns(room: number): Columns {
  return {
    room,
    stamps: new Float64Array(room * STAMPS),
    numbers: new Float64Array(room * NUMBERS),
    taskIds: new Float64Array(room),
    workerIds: new Uint32Array(room),
    attempts: new Uint32Array(room),
    names: new Uint16Array(room),
    outcomes: new Uint8Array(room),
  };
}

function grown(old: Columns, room: number): Columns {
  const columns = makeColumns(room);
  columns.stamps.set(old.stamps);
  columns.numbers.set(old.numbers);
  columns.taskIds.set(old.taskIds);
  columns.workerIds.set(old.workerIds);
  columns.attempts.set(old.attempts);
  columns.names.set(old.names);
  columns.outcomes.set(old.outcomes);
  return columns;
}
