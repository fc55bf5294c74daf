import type { TransferItem } from '../contract/transfer-item.js';
import type { CodecName } from '../contract/codec.js';
import type { PressureLevel } from '../contract/worker-module.js';
import type { ArenaPlace } from './record.js';

/** What a frame carries. Frames from the parent are named for what they ask, frames from the worker for what they tell. */
export const FRAME = {
  init: 1,
  tasks: 2,
  cancel: 3,
  stop: 4,
  tune: 5,
  pressure: 6,
  progressTaken: 7,
  warming: 15,
  ready: 16,
  startFailed: 17,
  results: 18,
  progress: 19,
  report: 20,
} as const;
export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

/**
 * One message between parent and worker; it may carry many tasks or many results. `meta` is a table of 32-bit words, `values`
 * the bytes of values by the pool's codec, and `body` all else, by structured clone.
 */
export interface Frame {
  kind: FrameKind;
  /** Rows of `meta`. */
  meta: Uint32Array;
  values: Buffer;
  /** Memory of large views that went neither into `values` nor through the arena, in order. */
  beside: readonly ArrayBuffer[];
  body: unknown;
  /** When the sender had encoded it (threads: began to), host clock. */
  sentAt: number;
  receivedAt: number;
}

/**
 * A row of a tasks frame: [wire id, handler index | flags | attempt << 16, task id low, task id high, bytes of the input]. The
 * inputs follow one another in `values`, behind the definitions of new shapes; `body` holds, by row, what few tasks have.
 */
export const TASK_WORDS = 5;
export const HANDLER_MASK = 0xfff;
/** When this frame left, more tasks waited in the parent; see child/batch-wait.ts. */
export const MORE = 0x1000;
/** The task may run twice: its result may leave with others, and is lost with its worker. */
export const IDEMPOTENT = 0x2000;
/**
 * Fewer tasks are pending than there are cores. Nothing else will come with this frame, its answer need not wait for others,
 * and a worker that stays awake when it has answered takes a core from no other one; see child/busy-poll.ts.
 */
export const CALM = 0x4000;
/** The task's start must be claimed by itself, and not with a run of others; see child/claimer.ts. */
export const CLAIM_ALONE = 0x8000;
export interface TasksBody {
  readonly extras?: ReadonlyMap<number, TaskExtras> | undefined;
}
export interface TaskExtras {
  deadline?: number | undefined;
  wantsProgress?: boolean | undefined;
  /** Where its input lies in the arena, which has no bytes in `values` then. */
  whole?: ArenaPlace | undefined;
  /** Where the large views of its input lie: in the arena, or the next ones of `beside`. */
  views?: readonly (ArenaPlace | undefined)[] | undefined;
  /** The input itself, which only a port can carry; it has no bytes then. */
  cloned?: { readonly value: unknown } | undefined;
}

/**
 * `meta` of a results frame: [log position before, log position after, bytes of the log that are in `values`]. The records of
 * the log come first if they are there at all, then records that are not in the log. `body` holds, by wire id, what
 * only a port can carry.
 */
export type ResultsBody = ReadonlyMap<number, { readonly value: unknown }> | undefined;
/*
 * `meta` of a progress frame: [wire id, bytes of shape definitions that come before the value in `values`, 1 to hear when it
 * is taken (progressTaken), values that were dropped before this one]. What only a port can carry is in `body`.
 */

/** The first frame a worker gets. */
export interface InitMessage {
  protocol: number;
  moduleUrl: string;
  workerId: number;
  workerData: unknown;
  concurrency: number;
  /** See child/busy-poll.ts. */
  busyPollMs: number;
  /** Threads and inline get their board and result log here; processes inherit them as a file. */
  board: SharedArrayBuffer | undefined;
  /** Whether there is a board and a log at all. */
  hasBoard: boolean;
  /** Whether to start the guard thread; see child/guard-thread.ts. */
  guard: boolean;
  codec: CodecName;
  maxPayloadBytes: number;
  /** Whether processes inherit the files of an arena; see codec/arena.ts. */
  arena: boolean;
  /** Whether what a process prints goes through pipes of its own; see child/print-at-once.ts. */
  ownsOutput: boolean;
  warmup: readonly WarmupTask[];
}
/** A call that a new worker makes before it is ready. */
export interface WarmupTask {
  readonly name: string;
  readonly input: unknown;
  readonly times: number;
}
export interface CancelMessage {
  id: number;
  /** Encoded by `errorToWire`. */
  reason: unknown;
}
export interface TuneMessage {
  concurrency: number;
}
export interface PressureMessage {
  level: PressureLevel;
}
export interface ReadyMessage {
  handlers: string[];
  /** Whether the worker could read what the parent had written on the claim board. */
  seesBoard: boolean;
  /** The system's number of the thread that runs its event loop, where that is known. */
  systemThreadId: number | undefined;
}
export interface StartFailedMessage {
  phase: 'load' | 'setup' | 'warmup';
  error: unknown;
}
/** What the tasks of one handler did since the start of their worker, ms. */
export interface TaskUseTotals {
  /** In the handler, all together, those under way included. */
  readonly heldMs: number;
  /** From its calls until they returned. */
  readonly calledMs: number;
  /** Of some of these calls: how long they took, and processor time. */
  readonly sampledMs: number;
  readonly sampledCpuMs: number;
}
/** A worker's view of itself: memory now, shares since its last report, and totals since its start. */
export interface ReportMessage {
  rssBytes: number;
  /** Part of it that V8 works with, and a new worker would soon have again. */
  scratchBytes: number;
  heapUsedBytes: number;
  /** Part of it in the young generation: mostly garbage. */
  youngUsedBytes: number;
  heapLimitBytes: number;
  cpu: number;
  elu: number;
  /** Time in handlers since its start, all tasks together, ms. */
  heldMs: number;
  /** Time its event loop was active. */
  loopMs: number;
  /** Processor time; where a thread cannot tell its own, as much as `loopMs`. */
  cpuMs: number;
  /** Time its loop could have run, and got no core. */
  delayMs: number;
  /** Of handlers that had tasks since the report before, by index. */
  uses: (readonly [handler: number, totals: TaskUseTotals])[];
  sections: unknown[];
}

/** Raised when either side's layout changes; a worker of another version refuses to start. */
export const PROTOCOL_VERSION = 7;

/** What a frame carries besides its kind and body. */
export interface Cargo {
  meta: Uint32Array;
  /** Copied before `send` returns. */
  values?: readonly Uint8Array[] | undefined;
  /** Given away. */
  beside?: readonly ArrayBuffer[] | undefined;
  /** What of the body to move instead of copying it, where memory is shared. */
  transfer?: readonly TransferItem[] | undefined;
}

/** One end of the link between parent and worker. */
export interface FrameChannel {
  /** Whether values that no codec can carry may go as they are: between threads. */
  readonly clones: boolean;
  /**
   * Sends one frame. Returns the time the frame was encoded, host clock.
   * @throws whatever the encoder throws for a body that cannot be encoded; nothing is sent, or moved, then
   */
  send(kind: FrameKind, body: unknown, cargo?: Cargo): number;
  /** Whether something can be sent in a body. */
  carries(value: unknown): boolean;
  /** Set by the owner before the first frame can arrive. */
  onFrame: (frame: Frame) => void;
  /** A frame could not be read, or its receiver threw. Nothing more is received then. */
  onFault: (error: Error) => void;
  /** The other end is gone, or the link is broken. Called once. */
  onClose: () => void;
  /** Resolves when everything sent has left this process or thread, or cannot any more. */
  flushed(): Promise<void>;
  close(): void;
}
