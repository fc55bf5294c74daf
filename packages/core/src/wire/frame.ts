import type { TransferListItem } from 'node:worker_threads';
import type { CodecName } from '../contract/codec.js';
import type { Refusal } from '../contract/errors.js';
import type { PressureLevel } from '../contract/worker-module.js';
import type { WireThrown } from './error-wire.js';
import type { Unread } from './read-values.js';

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
 * One message between parent and worker; it may carry many tasks or many results. `meta` is a table of 32-bit words,
 * one row per task, `values` the list of their values, by the pool's codec, and `body` all else, by structured clone.
 */
export interface Frame {
  kind: FrameKind;
  /** Rows of `meta`. */
  meta: Uint32Array;
  /** One for each row, but for those that cannot be read. */
  values: unknown[];
  unread: Unread | undefined;
  body: unknown;
  /** Host-clock time that times in `meta` are relative to. */
  baseMs: number;
  /** When the sender had encoded it (threads: began to), host clock. */
  sentAt: number;
  receivedAt: number;
  decodedAt: number;
}

/**
 * A row of a tasks frame: [wire id, handler index | CALM | CLAIM_ALONE | attempt << 16, task id low, task id high].
 * Its value is the input; `body` holds, by row, what few tasks have.
 */
export const TASK_WORDS = 4;
export const HANDLER_MASK = 0x3fff;
/**
 * Fewer tasks are pending than there are cores. Nothing else will come with this frame, its answer need not wait for others,
 * and a worker that stays awake when it has answered takes a core from nobody; see child/busy-poll.ts.
 */
export const CALM = 0x4000;
/** The task has a time limit, so its start must be told of by itself; see child/claimer.ts. */
export const CLAIM_ALONE = 0x8000;
export type TasksBody = Map<number, TaskExtras> | undefined;
export interface TaskExtras {
  deadline?: number | undefined;
  wantsProgress?: boolean | undefined;
}

/**
 * A row of a results frame: [wire id, status, then four times as 32-bit floats, ms after `baseMs`: received,
 * decoded, started, ended]. 24 bytes a task; a float holds 0.1 µs within a second of the base.
 */
export const RESULT_WORDS = 6;
/**
 * ok: it has a value. Else `body` says more: error: what was thrown, encoded. notSerializable: why the result is not here.
 * inputUnread: why the input could not be read. And without more: neverStarted: the parent had taken it back. sendAlone: the
 * inputs of its frame could not be read, and which of them is to blame is not known.
 */
export const STATUS = { ok: 0, error: 1, notSerializable: 2, neverStarted: 3, inputUnread: 4, sendAlone: 5 } as const;
/** What is said, by row, of results that are not `ok`. */
export type ResultsBody = Map<number, WireThrown | Refusal> | undefined;

/** The first frame a worker gets. */
export interface InitMessage {
  protocol: number;
  moduleUrl: string;
  workerId: number;
  workerData: unknown;
  concurrency: number;
  /** See child/busy-poll.ts. */
  busyPollMs: number;
  /** Threads and inline get their claim board here; processes inherit it as a file descriptor. */
  board: SharedArrayBuffer | undefined;
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
export const PROTOCOL_VERSION = 6;

/**
 * The rows of a frame to be sent. A progress frame has one: [wire id, 1 to be told when it is taken (progressTaken), values that
 * were dropped before this one].
 */
export interface Rows {
  meta: Uint32Array;
  values: readonly unknown[];
  baseMs?: number;
  /** What to move instead of copying it, where memory is shared. */
  transfer?: readonly TransferListItem[] | undefined;
}

/** One end of the link between parent and worker. */
export interface FrameChannel {
  /**
   * Sends one frame. Returns the time the frame was encoded, host clock.
   * @throws whatever the encoder throws for what cannot be encoded; nothing is sent, or moved, then
   */
  send(kind: FrameKind, body: unknown, rows?: Rows): number;
  /** Why a value cannot be sent as the value of a row, or undefined when it can. */
  refusal(value: unknown): Refusal | undefined;
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
