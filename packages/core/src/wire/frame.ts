import type { TransferItem } from '../contract/transfer-item.js';
import type {
  CancelMessage,
  ClonedValue,
  InitMessage,
  PressureMessage,
  ReadyMessage,
  ReportMessage,
  RequestMessage,
  ResultsBody,
  StartFailedMessage,
  TasksBody,
  TuneMessage,
} from './messages.js';

/** Kinds that the parent sends, named for what they ask. */
const FROM_PARENT = {
  init: 1,
  tasks: 2,
  cancel: 3,
  stop: 4,
  tune: 5,
  pressure: 6,
} as const;
/** Kinds that the worker sends, named for what they tell. */
const FROM_WORKER = {
  warming: 15,
  ready: 16,
  startFailed: 17,
  results: 18,
  progress: 19,
  report: 20,
} as const;

/** Kinds that both send; see wire/requests.ts. */
const FROM_BOTH = {
  request: 32,
  reply: 33,
  withdraw: 34,
} as const;

export const FRAME = { ...FROM_PARENT, ...FROM_WORKER, ...FROM_BOTH } as const;

export type RequestKind = (typeof FROM_BOTH)[keyof typeof FROM_BOTH];
export type ParentKind = (typeof FROM_PARENT)[keyof typeof FROM_PARENT] | RequestKind;
export type WorkerKind = (typeof FROM_WORKER)[keyof typeof FROM_WORKER] | RequestKind;
export type FrameKind = ParentKind | WorkerKind;

/** The body of each kind. */
export interface Bodies {
  [FRAME.init]: InitMessage;
  [FRAME.tasks]: TasksBody | undefined;
  [FRAME.cancel]: CancelMessage;
  [FRAME.stop]: undefined;
  [FRAME.tune]: TuneMessage;
  [FRAME.pressure]: PressureMessage;
  [FRAME.warming]: undefined;
  [FRAME.ready]: ReadyMessage;
  [FRAME.startFailed]: StartFailedMessage;
  [FRAME.results]: ResultsBody | undefined;
  [FRAME.progress]: ClonedValue | undefined;
  [FRAME.report]: ReportMessage;
  [FRAME.request]: RequestMessage;
  /** The answer, or a WireThrown. */
  [FRAME.reply]: unknown;
  [FRAME.withdraw]: undefined;
}

/**
 * One message between parent and worker, as it arrived; it may carry many tasks or many results. `meta` is a table of 32-bit
 * words, `values` the bytes of values by the pool's codec, and `body` all else, by structured clone. Its kind may be any number:
 * the router of wire/frame-router.ts makes a FrameOf of it.
 */
export interface Frame {
  kind: number;
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

/** A frame of one kind. */
export interface FrameOf<K extends FrameKind> extends Frame {
  kind: K;
  body: Bodies[K];
}
export type TasksFrame = FrameOf<typeof FRAME.tasks>;
export type ResultsFrame = FrameOf<typeof FRAME.results>;
export type ProgressFrame = FrameOf<typeof FRAME.progress>;

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

/*
 * `meta` of a results frame: [log position before, log position after, bytes of the log that are in `values`]. The records of
 * the log come first if they are there at all, then records that are not in the log.
 *
 * `meta` of a progress frame: [wire id, bytes of shape definitions that come before the value in `values`, values that were
 * dropped before this one].
 *
 * `meta` of a request and of its withdrawal: [its number]; of a reply: [the number of its request, 1 if that is refused].
 */

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

/** One end of the link between parent and worker, and the kinds of frames that leave by it. */
export interface FrameChannel<Sends extends FrameKind> {
  /** Whether values that no codec can carry may go as they are: between threads. */
  readonly clones: boolean;
  /**
   * Sends one frame. Returns the time the frame was encoded, host clock.
   * @throws whatever the encoder throws for a body that cannot be encoded; nothing is sent, or moved, then
   */
  send<K extends Sends>(kind: K, body: Bodies[K], cargo?: Cargo): number;
  /** Whether something can be sent in a body. */
  carries(value: unknown): boolean;
  /** Set by the owner before the first frame can arrive. */
  onFrame: (frame: Frame) => void;
  /** A frame could not be read, or its receiver threw. Nothing more is received then. */
  onFault: (error: Error) => void;
  /** The other end is gone, or the link is broken. Called once. */
  onClose: () => void;
  /**
   * Bytes that were sent and wait in this process, since the other end does not read, or not fast enough. A port has its messages
   * in the other thread at once, and cannot tell what waits there: 0. What is sent by it is bounded by what its reader has
   * acknowledged, as progress is (wire/topics.ts).
   */
  readonly bufferedBytes: number;
  /** All that waited has left, once so much did that the sender had better wait. Never with a port. */
  onDrain: () => void;
  /** Resolves when everything sent has left this process or thread, or cannot any more. */
  flushed(): Promise<void>;
  close(): void;
}
/** The parent's end, and the worker's. */
export type ParentChannel = FrameChannel<ParentKind>;
export type WorkerChannel = FrameChannel<WorkerKind>;
