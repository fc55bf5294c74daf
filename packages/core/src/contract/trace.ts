import type { PoolKind } from './options.js';

/** How one try of a task ended. */
export type TraceOutcome = 'ok' | 'error' | 'cancelled' | 'timeout' | 'crash';

/**
 * The life of one try of a task in ten stamps, all on one clock. It is the host's monotonic clock in milliseconds, the same
 * in every process and thread of this machine (`hostNowMs`). The nine differences add up to settledAt − submittedAt exactly.
 * A stamp is NaN if the try never came to its step, or if it died with its worker. `settledAt` is always there.
 */
export interface TaskTrace {
  taskId: number;
  task: string;
  attempt: number;
  workerId: number;
  outcome: TraceOutcome;
  /**
   * Name and code of what the handler threw: `TypeError`, `Error ECONNRESET`. For a try that the pool has refused, those of its own error:
   * `PoolError ERR_RATE_LIMITED`. Empty for all other outcomes.
   */
  errorName: string;
  /**
   * Part of `assignedAt` − `submittedAt` for which the limits of its name held the try back, in milliseconds. 0 without limits, and
   * for a try that no worker got.
   */
  limitWaitMs: number;
  /** Part of it for which the task waited for its batch to fill, ms. */
  batchWaitMs: number;
  /** Part of it in which the input was encoded, ms. One call in 17 is timed, and NaN stands for the others. */
  encodeMs: number;
  /** Wait between the previous try and this one, before `submittedAt`, ms; 0 for a first try. */
  backoffMs: number;
  /** Header `traceparent` of its call, if there is one. It names the trace that the call belongs to, as W3C writes it. */
  traceparent?: string | undefined;
  /** Hash of the encoded input, from 1 on. 0 below level 'trace', and for inputs above 1 KiB or with binary parts. */
  inputHash: number;
  /** Size of the encoded input, and of the encoded result if there is one. */
  inputBytes: number;
  outputBytes: number;
  /** t0: run() was called, or the retry became due. The input is encoded after that, before t1. */
  submittedAt: number;
  /** t1: given to a worker. */
  assignedAt: number;
  /** t2: its frame was put together and about to be written; for threads, handed to the port, which copies it. */
  sentAt: number;
  /** t3: the worker received the frame. */
  receivedAt: number;
  /** t4: `receivedAt`, and the time that decoding the input took. An input is decoded when its turn comes, just before `startedAt`. */
  decodedAt: number;
  /** t5: the handler was called. Known, from the claim board, even for a try that ended by timeout or crash. */
  startedAt: number;
  /** t6: the handler settled. */
  endedAt: number;
  /** t7: its result frame was put together and about to be written; for threads, handed to the port. */
  repliedAt: number;
  /** t8: the parent received the result frame. */
  returnedAt: number;
  /** t9: decoded, promise settled. */
  settledAt: number;
}

/** One section of one task name on one worker, since the last report. Times in milliseconds. */
export interface SectionDelta {
  /** Names from the outermost section inwards. Empty for counters that belong to no section. */
  path: readonly string[];
  task: string;
  count: number;
  totalMs: number;
  /** totalMs less the time of sections nested in it. */
  selfMs: number;
  /** Parts of selfMs up to the return of its function, and after that. Both are 0 for sections that are ended by hand. */
  calledMs: number;
  awaitedMs: number;
  minMs: number;
  maxMs: number;
  /** Sum of the squares of the durations, ms². */
  squares: number;
  /** Bucket counts as made by `Histogram.toCounts()`; add them up to merge. */
  counts: readonly [bucket: number, count: number][];
  /** Calls that threw or rejected. */
  errors: number;
  /** Growth of memory within it, in sum; undefined unless a profiler measures memory. */
  memory?: SectionMemory | undefined;
  /** Sums of what handlers counted in it: `ctx.count(name, n)`. */
  counters?: Readonly<Record<string, number>> | undefined;
  /** Time with at least one of it open, and most open at one time. Peak 1 means that it never overlapped itself. */
  openMs: number;
  peak: number;
}

/** Growth of a worker's memory during a section, the sections inside it included, bytes. */
export interface SectionMemory {
  heapBytes: number;
  externalBytes: number;
  /** Over calls of 10 ms and more whose predecessor was as long. 0 in threads, which share this memory. */
  rssBytes: number;
  /** Calls during which other tasks ran in the worker: their growth may be that of others. */
  shared: number;
}

/** Wrong uses of sections and counters in the handlers of one worker, since the last report. */
export interface SectionMistakes {
  /** Sections of `ctx.open` that were open when their task, or the section around them, ended without an error. */
  unbalanced: number;
  /** Path of one of them. */
  example: string;
  /** Calls of `ctx.count` whose number was not finite. They count nothing. */
  badCounts: number;
}

/**
 * Names of the node:diagnostics_channel channels that a pool publishes on. Nothing is built for a channel without a listener.
 * What a listener throws becomes an uncaught exception of the program. The other listeners are called, and the pool goes on.
 */
export const CHANNELS = {
  /** {@link TaskMessage}, once per try of a task. Listeners run in a microtask, before the caller gets the result. */
  task: 'millpond:task',
  /** {@link SectionsMessage}, when a worker reports the sections its handlers timed. */
  sections: 'millpond:sections',
  /** {@link WorkerMessage}, when a worker is spawned, becomes ready or has exited. */
  worker: 'millpond:worker',
  /**
   * {@link CacheMessage}, for each call of a cached task, and for each result that is kept or goes. Listeners run in a microtask.
   */
  cache: 'millpond:cache',
  /** {@link BatchMessage}, when a batch leaves for a worker. Listeners run in a microtask. */
  batch: 'millpond:batch',
  /** PhaseMessage of profile-messages.ts, when idle workers have another reason to be idle. Only while a profiler is attached. */
  phase: 'millpond:phase',
  /** UsageMessage of profile-messages.ts, only while a profiler is attached. */
  usage: 'millpond:usage',
  /** IoMessage of profile-messages.ts, only while a profiler is attached. */
  io: 'millpond:io',
  /** ProfileMessage of profile-messages.ts, only while a profiler of level 'cpu' is attached. */
  profile: 'millpond:profile',
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
  /** Undefined without any. */
  mistakes?: SectionMistakes | undefined;
}
export interface WorkerMessage {
  pool: object;
  kind: PoolKind;
  workerId: number;
  /** Place of the worker, which its replacement inherits. */
  slot: number;
  what: 'started' | 'ready' | 'exited';
  /** Host clock, see {@link TaskTrace}. */
  atMs: number;
  /** From spawn to ready; 0 for the others. */
  bootMs: number;
  /** Whether it died, or could not start. */
  isFault: boolean;
  /** How it ended, in words; empty for the others. */
  why: string;
  /** Path of the section that its handlers had open last, where it died; empty for none, and for the others. */
  section: string;
}
/**
 * The rule by which a batch left. 'size': it had `size` items. 'bytes': it had `maxBytes`, or the next item would have gone beyond.
 * 'limit': the next item would have gone beyond a limit of the name. 'full': `isFull` said so. 'time': `maxWaitMs` was over.
 * 'flush': `pool.flush()`. 'close': the pool closes. 'again': its items came back from a worker that had not begun them, or from a
 * split batch.
 */
export type BatchReason = 'size' | 'bytes' | 'limit' | 'full' | 'time' | 'flush' | 'close' | 'again';

export interface BatchMessage {
  pool: object;
  task: string;
  workerId: number;
  /** Tasks in it. */
  items: number;
  /** Inputs that the handler gets: fewer than items where some have the same `tasks[name].batch.key`. */
  inputs: number;
  /** Time for which its first item has waited, ms. */
  waitedMs: number;
  why: BatchReason;
}
export interface CacheMessage {
  pool: object;
  task: string;
  /** Key of the input, as the cache holds it: a long one by its SHA-256. */
  key: string;
  /**
   * 'hit', 'stale', 'stored', 'coalesced', 'miss': what a call found. 'stale' is a hit after `ttlMs`, 'stored' one in the second
   * level. 'coalesced': the call joined an equal one. 'answered': that one has answered it, or it has left. 'refresh': an execution
   * began that no call waits for. 'kept', 'unkept': what became of a result. 'unstored': the second level did not get it. 'evicted':
   * a result went. 'store failed': the second level did not do what it was called for; then task and key are empty.
   */
  what:
    | 'hit'
    | 'stale'
    | 'stored'
    | 'coalesced'
    | 'answered'
    | 'miss'
    | 'refresh'
    | 'kept'
    | 'unkept'
    | 'unstored'
    | 'evicted'
    | 'store failed';
  /** Reason of 'evicted', the error of 'unkept' and 'unstored', ERR_CACHE_STORE of 'store failed'. */
  cause: unknown;
  /** Time that key and tags of the call took, ms; 0 if the message is of no call. */
  keyMs: number;
  /** Time for which a call waited for an equal one, ms; 0 for all but 'answered'. */
  waitedMs: number;
}
