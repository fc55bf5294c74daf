import type { BatchRules } from '../contract/resolve-batch.js';
import type { BatchStats } from '../contract/stats.js';
import type { BatchReason } from '../contract/trace.js';
import { FIRST_SIZE, nextBatchSize } from './batch-size.js';

/** The batches of one task name: their rules, their size, and counts. */
export class TypeBatches {
  rules: BatchRules;
  /** Learned size; undefined where the rules give one. */
  #learned: number | undefined;
  #batches = 0;
  #items = 0;
  #inputs = 0;
  #waitedMs = 0;
  /** Sum of the most inputs that these batches could have had. */
  #room = 0;
  #splits = 0;
  readonly #why: Record<BatchReason, number> = {
    ...{ size: 0, bytes: 0, limit: 0, full: 0, time: 0, flush: 0, close: 0, again: 0 },
  };

  constructor(rules: BatchRules) {
    this.rules = rules;
  }

  /** Number of inputs with which a batch leaves. */
  get size(): number {
    const { size, maxSize } = this.rules;
    return size === 'auto' ? Math.min(this.#learned ?? FIRST_SIZE, maxSize) : size;
  }

  /** Most inputs of a batch that waits for a free worker. One beyond a learned size would take too long. */
  get most(): number {
    return this.rules.size === 'auto' ? this.size : this.rules.maxSize;
  }

  /** Notes a batch that left for a worker. */
  noteLeft(items: number, inputs: number, waitedMs: number, why: BatchReason): void {
    this.#batches++;
    this.#items += items;
    this.#inputs += inputs;
    this.#waitedMs += waitedMs;
    this.#room += this.rules.maxSize;
    this.#why[why]++;
  }

  /** Notes the length of a call, ms. */
  noteRan(inputs: number, ms: number): void {
    if (this.rules.size === 'auto') this.#learned = nextBatchSize(this.size, inputs, ms, this.rules.maxSize);
  }

  noteSplit(): void {
    this.#splits++;
  }

  stats(): BatchStats {
    const batches = this.#batches;
    const items = this.#items;
    return {
      batches,
      items,
      meanSize: batches === 0 ? 0 : items / batches,
      fillShare: batches === 0 ? 0 : this.#inputs / this.#room,
      waitMs: batches === 0 ? 0 : this.#waitedMs / batches,
      savedCalls: items - batches,
      merged: items - this.#inputs,
      splits: this.#splits,
      size: this.size,
      why: { ...this.#why },
    };
  }
}
