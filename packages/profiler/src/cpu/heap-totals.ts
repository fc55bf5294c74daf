import type { HeapNode } from '@millpond/core';
import type { HeapReport } from '../model/cpu.js';
import type { Place } from './flame-tree.js';
import type { FrameTable } from './frame-table.js';

const MOST_HOT = 50;

/** Allocations of one worker, or of several together, by place. */
export class HeapTotals {
  readonly #table: FrameTable;
  /** By frame: the table bounds their number. */
  readonly #bytes = new Map<number, number>();
  #totalBytes = 0;
  #sampleBytes = 0;

  constructor(table: FrameTable) {
    this.#table = table;
  }

  get isEmpty(): boolean {
    return this.#totalBytes === 0;
  }

  add(head: HeapNode, sampleBytes: number): void {
    this.#sampleBytes = sampleBytes;
    // Without recursion: a program may recurse as deep as its stack allows.
    const open: HeapNode[] = [head];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      for (const child of node.children) open.push(child);
      if (!(node.selfSize > 0) || !Number.isFinite(node.selfSize)) continue;
      const frame = this.#table.of(node.callFrame);
      this.#bytes.set(frame, (this.#bytes.get(frame) ?? 0) + node.selfSize);
      this.#totalBytes += node.selfSize;
    }
  }

  toReport(workerId: number | null, placeOf: (frame: number) => Place): HeapReport {
    const hot = [...this.#bytes]
      .sort(([, a], [, b]) => b - a)
      .slice(0, MOST_HOT)
      .map(([frame, bytes]) => {
        const { functionName, file, line } = placeOf(frame);
        return { functionName, file, line, bytes, share: bytes / this.#totalBytes };
      });
    return { workerId, sampleBytes: this.#sampleBytes, totalBytes: this.#totalBytes, hot };
  }
}
