/**
 * Curves of one pool on one time axis: one column a quantity, one place a window. Windows have equal lengths. While a run lasts they
 * are joined in pairs, so that there are at most 600. A null is a window without a reading.
 */
export interface Curves {
  /** Length of a window, ms. */
  windowMs: number;
  /** Begin of each window since the pool's attach, ms. */
  atMs: number[];
  /** Tasks submitted and tries settled in the window. */
  arrived: number[];
  settled: number[];
  failed: number[];
  /** Means over the window. */
  queued: number[];
  blocked: number[];
  unsettled: number[];
  workersUp: number[];
  workersBusy: number[];
  /** Bytes of inputs and results in the window. */
  bytesIn: number[];
  bytesOut: number[];
  /** Event loops: share of time active, 0 to 1. */
  parentLoop: (number | null)[];
  workerLoop: (number | null)[];
  /** Longest delay of the parent's loop, ms. */
  parentDelayMs: (number | null)[];
  /** Pauses of the collectors, ms: of the parent, and of all workers together. */
  parentGcMs: (number | null)[];
  workerGcMs: (number | null)[];
  /** Sums over all workers, bytes. */
  workerRssBytes: (number | null)[];
  workerHeapBytes: (number | null)[];
  parentRssBytes: (number | null)[];
  parentHeapBytes: (number | null)[];
}

/** Latencies over time of one task name: counts in cells of a grid. */
export interface LatencyHeatmap {
  task: string;
  /** As in `Curves`. */
  windowMs: number;
  /** Bounds of the rows, ms, rising: row i counts latencies from `boundsMs[i]` up to the next one. */
  boundsMs: number[];
  /** Cells that are not empty: window, row, count. */
  cells: [window: number, row: number, count: number][];
}

/** A moment to mark on the time axis. */
export interface Mark {
  /** Since the pool's attach, ms. */
  atMs: number;
  what: 'mark' | 'ready' | 'exited' | 'crashed' | 'recycled' | 'resized' | 'memory' | 'timeout' | 'stuck' | 'breaker';
  /** 0 for none. */
  workerId: number;
  text: string;
}
