/** What a frame carries. Frames from the parent are named for what they ask, frames from the worker for what they tell. */
export const FRAME = {
  init: 1,
  tasks: 2,
  cancel: 3,
  stop: 4,
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
 * one row per task, and `body` the list of their values (or, in frames without rows, one message).
 */
export interface Frame {
  kind: FrameKind;
  /** Rows of `meta`. */
  meta: Uint32Array;
  body: unknown;
  /** Host-clock time that times in `meta` are relative to. */
  baseMs: number;
  /** When the sender had encoded it (threads: began to), host clock. */
  sentAt: number;
  receivedAt: number;
  decodedAt: number;
}

/**
 * A row of a tasks frame: [wire id, handler index | CLAIM_ALONE | attempt << 16, task id low, task id high].
 * `body` is [inputs[], extras | undefined]: extras holds, by row, what few tasks have.
 */
export const TASK_WORDS = 4;
export const HANDLER_MASK = 0x7fff;
/** The task has a time limit, so its start must be told of by itself; see child/claimer.ts. */
export const CLAIM_ALONE = 0x8000;
export type TasksBody = [inputs: unknown[], extras: Map<number, TaskExtras> | undefined];
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
 * ok: the body has the value. error: what was thrown, encoded. notSerializable: why. neverStarted: the parent had taken
 * it back.
 */
export const STATUS = { ok: 0, error: 1, notSerializable: 2, neverStarted: 3 } as const;

/** The first frame a worker gets. */
export interface InitMessage {
  protocol: number;
  moduleUrl: string;
  workerId: number;
  workerData: unknown;
  concurrency: number;
  /** Threads and inline get their claim board here; processes inherit it as a file descriptor. */
  board: SharedArrayBuffer | undefined;
  /** Whether to start the guard thread; see child/guard-thread.ts. */
  guard: boolean;
}
export interface CancelMessage {
  id: number;
  /** Encoded by `errorToWire`. */
  reason: unknown;
}
export interface ReadyMessage {
  handlers: string[];
  /** Whether the worker could read what the parent had written on the claim board. */
  seesBoard: boolean;
}
export interface StartFailedMessage {
  phase: 'load' | 'setup' | 'warmup';
  error: unknown;
}
export interface ProgressMessage {
  id: number;
  value: unknown;
}
/** A worker's view of itself since its last report. */
export interface ReportMessage {
  rssBytes: number;
  heapUsedBytes: number;
  cpu: number;
  elu: number;
  sections: unknown[];
}

/** Raised when either side's layout changes; a worker of another version refuses to start. */
export const PROTOCOL_VERSION = 1;

/** One end of the link between parent and worker. */
export interface FrameChannel {
  /**
   * Sends one frame. Returns the time the frame was encoded, host clock.
   * @throws whatever the encoder throws for a body that cannot be encoded; nothing is sent then
   */
  send(kind: FrameKind, body: unknown, meta?: Uint32Array, baseMs?: number): number;
  /** Why a value cannot be sent, or undefined when it can. */
  refusal(value: unknown): string | undefined;
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
