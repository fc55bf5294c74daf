import type { PoolKind } from './options.js';

/** How one try of a task ended. */
export type TraceOutcome = 'ok' | 'error' | 'cancelled' | 'timeout' | 'crash';

/**
 * The life of one try of a task in ten stamps, all on one clock: milliseconds of the host's monotonic clock, the
 * same in every process and thread of this machine (`hostNowMs`). The nine differences add up to settledAt −
 * submittedAt exactly. A try that never reached a worker, or never came back, has NaN from there on.
 */
export interface TaskTrace {
  taskId: number;
  task: string;
  attempt: number;
  workerId: number;
  outcome: TraceOutcome;
  /** t0: run() was called, or the retry became due. */
  submittedAt: number;
  /** t1: given to a worker. */
  assignedAt: number;
  /** t2: its frame was encoded and written. */
  sentAt: number;
  /** t3: the worker received the frame. */
  receivedAt: number;
  /** t4: the worker had decoded it. */
  decodedAt: number;
  /** t5: the handler was called. */
  startedAt: number;
  /** t6: the handler settled. */
  endedAt: number;
  /** t7: the worker began to encode the result frame. */
  repliedAt: number;
  /** t8: the parent received the result frame. */
  returnedAt: number;
  /** t9: decoded, promise settled. */
  settledAt: number;
}

/** One section of one task name on one worker, since the last report. Times in milliseconds. */
export interface SectionDelta {
  /** Names from the outermost section inwards. */
  path: readonly string[];
  task: string;
  count: number;
  totalMs: number;
  /** totalMs less the time of sections nested in it. */
  selfMs: number;
  minMs: number;
  maxMs: number;
  /** Bucket counts as made by `Histogram.toCounts()`; add them up to merge. */
  counts: readonly [bucket: number, count: number][];
}

/** Names of the node:diagnostics_channel channels a pool publishes on. Nothing is built for a channel nobody listens to. */
export const CHANNELS = {
  /** {@link TaskMessage}, once per try of a task. */
  task: 'millpond:task',
  /** {@link SectionsMessage}, when a worker reports the sections its handlers timed. */
  sections: 'millpond:sections',
  /** {@link WorkerMessage}, when a worker becomes ready or has exited. */
  worker: 'millpond:worker',
} as const;

export interface TaskMessage {
  /** The pool, as an identity to compare with. */
  pool: object;
  trace: TaskTrace;
}
export interface SectionsMessage {
  pool: object;
  workerId: number;
  sections: readonly SectionDelta[];
}
export interface WorkerMessage {
  pool: object;
  kind: PoolKind;
  workerId: number;
  what: 'ready' | 'exited';
  /** Host clock, see {@link TaskTrace}. */
  atMs: number;
  /** From spawn to ready; 0 for exited. */
  bootMs: number;
}
