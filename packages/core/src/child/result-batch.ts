import type { TransferListItem } from 'node:worker_threads';
import { toRefusal } from '../codec/value-codec.js';
import type { Refusal } from '../contract/errors.js';
import { isMoved } from '../contract/move.js';
import type { WireThrown } from '../wire/error-wire.js';
import { FRAME, RESULT_WORDS, STATUS, type FrameChannel } from '../wire/frame.js';

type Transfer = readonly TransferListItem[];

/** A frame of results to be. */
interface Batch {
  meta: Uint32Array;
  values: unknown[];
  /** By row: what was thrown, or why there is no value. */
  more: Map<number, WireThrown | Refusal> | undefined;
  /** By row: what is to be moved. */
  transfers: Map<number, Transfer> | undefined;
  baseMs: number;
}

/**
 * Results on their way to the parent. Rows gather in one growing table and leave in one frame; nothing is allocated
 * per result but its place in the list of values.
 */
export class ResultBatch {
  readonly #channel: FrameChannel;
  #words = new Uint32Array(64 * RESULT_WORDS);
  #times = new Float32Array(this.#words.buffer);
  #values: unknown[] = [];
  #more: Batch['more'];
  #transfers: Batch['transfers'];
  #baseMs = 0;

  constructor(channel: FrameChannel) {
    this.#channel = channel;
  }

  get size(): number {
    return this.#values.length;
  }

  /** @param value the result when the status is `ok`; else what goes with that status */
  add(
    id: number,
    status: number,
    value: unknown,
    receivedAt: number,
    decodedAt: number,
    startedAt: number,
    endedAt: number,
  ): void {
    const row = this.#values.length;
    if (row === 0) this.#baseMs = endedAt;
    const at = row * RESULT_WORDS;
    if (at === this.#words.length) this.#grow();
    const base = this.#baseMs;
    this.#words[at] = id;
    this.#words[at + 1] = status;
    this.#times[at + 2] = receivedAt - base;
    this.#times[at + 3] = decodedAt - base;
    this.#times[at + 4] = startedAt - base;
    this.#times[at + 5] = endedAt - base;
    if (status !== STATUS.ok) {
      this.#values.push(undefined);
      if (value !== undefined) (this.#more ??= new Map()).set(row, value);
    } else if (isMoved(value)) {
      this.#values.push(value.value);
      if (value.transfer.length > 0) (this.#transfers ??= new Map()).set(row, value.transfer);
    } else {
      this.#values.push(value);
    }
  }

  /** Sends what has gathered. A value that cannot be encoded becomes the reason why; its neighbours arrive as they are. */
  send(): void {
    if (this.#values.length === 0) return;
    const batch = this.#take();
    if (this.#trySend(batch) === undefined) return;
    const { values, transfers } = batch;
    for (let row = 0; row < values.length; row++) {
      // What is to be moved cannot be tried out: trying moves it.
      const refusal = transfers?.has(row) === true ? undefined : this.#channel.refusal(values[row]);
      if (refusal !== undefined) replaceByReason(batch, row, explain(values[row], refusal));
    }
    if (transfers === undefined && this.#trySend(batch) === undefined) return;
    // Each alone is small enough, or will be refused alone.
    for (let row = 0; row < values.length; row++) this.#sendAlone(rowOf(batch, row));
  }

  #sendAlone(batch: Batch): void {
    const refusal = this.#trySend(batch);
    if (refusal === undefined) return;
    replaceByReason(batch, 0, refusal);
    this.#send(batch);
  }

  /** Why it could not be sent, or undefined when it was. */
  #trySend(batch: Batch): Refusal | undefined {
    try {
      this.#send(batch);
      return undefined;
    } catch (error) {
      // Not an error yet: the caller finds out which value it was and says so to its task.
      return toRefusal(error);
    }
  }

  #send({ meta, values, more, transfers, baseMs }: Batch): void {
    const transfer = transfers && [...transfers.values()].flat();
    this.#channel.send(FRAME.results, more, { meta, values, baseMs, transfer });
  }

  #take(): Batch {
    const values = this.#values;
    const meta = this.#words.slice(0, values.length * RESULT_WORDS);
    const batch = { meta, values, more: this.#more, transfers: this.#transfers, baseMs: this.#baseMs };
    this.#values = [];
    this.#more = undefined;
    this.#transfers = undefined;
    return batch;
  }

  #grow(): void {
    const words = new Uint32Array(this.#words.length * 2);
    words.set(this.#words);
    this.#words = words;
    this.#times = new Float32Array(words.buffer);
  }
}

/** One row as a batch of its own. */
function rowOf({ meta, values, more, transfers, baseMs }: Batch, row: number): Batch {
  const own = <T>(of: Map<number, T> | undefined): Map<number, T> | undefined => {
    const value = of?.get(row);
    return value === undefined ? undefined : new Map([[0, value]]);
  };
  return {
    meta: meta.slice(row * RESULT_WORDS, (row + 1) * RESULT_WORDS),
    values: [values[row]],
    more: own(more),
    transfers: own(transfers),
    baseMs,
  };
}

function replaceByReason(batch: Batch, row: number, refusal: Refusal): void {
  batch.values[row] = undefined;
  batch.transfers?.delete(row);
  (batch.more ??= new Map()).set(row, refusal);
  batch.meta[row * RESULT_WORDS + 1] = STATUS.notSerializable;
}

function explain(value: unknown, refusal: Refusal): Refusal {
  const isGenerator = typeof (value as { next?: unknown } | null)?.next === 'function';
  return isGenerator ? { reason: 'it is a generator; collect its values into an array first.' } : refusal;
}
