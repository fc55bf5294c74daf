import type { PortValue } from '../codec/port-value.js';
import type { TransferItem } from '../contract/transfer-item.js';
import type { WireThrown } from './error-nodes.js';
import type {
  CancelMessage,
  InitMessage,
  MeasuredMessage,
  PressureMessage,
  ProfileTermsMessage,
  ReadyMessage,
  ReportMessage,
  RequestMessage,
  ResultsBody,
  StartFailedMessage,
  TasksBody,
  TuneMessage,
} from './messages.js';

/** Kinds that the parent sends, named after the request. */
const FROM_PARENT = {
  init: 1,
  tasks: 2,
  cancel: 3,
  stop: 4,
  tune: 5,
  pressure: 6,
  sourceEnd: 7,
  profile: 8,
} as const;
/** Kinds that the worker sends, named after the news. */
const FROM_WORKER = {
  warming: 15,
  ready: 16,
  startFailed: 17,
  results: 18,
  progress: 19,
  report: 20,
  sourceLeft: 21,
  flowsEnd: 22,
  messageUnread: 23,
  measured: 24,
} as const;

/** Kinds that both sides send; see wire/requests.ts. */
const FROM_BOTH = {
  request: 32,
  reply: 33,
  withdraw: 34,
} as const;

/** Kinds of flows that both sides send; see wire/flow.ts. */
const FLOWS = {
  flow: 35,
  credit: 36,
} as const;

export const FRAME = { ...FROM_PARENT, ...FROM_WORKER, ...FROM_BOTH, ...FLOWS } as const;

export type RequestKind = (typeof FROM_BOTH)[keyof typeof FROM_BOTH];
export type FlowKind = (typeof FLOWS)[keyof typeof FLOWS];
export type ParentKind = (typeof FROM_PARENT)[keyof typeof FROM_PARENT] | RequestKind | FlowKind;
export type WorkerKind = (typeof FROM_WORKER)[keyof typeof FROM_WORKER] | RequestKind | FlowKind;
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
  [FRAME.progress]: PortValue | undefined;
  [FRAME.report]: ReportMessage;
  [FRAME.request]: RequestMessage;
  /** The answer, or a WireThrown. */
  [FRAME.reply]: unknown;
  [FRAME.withdraw]: undefined;
  /** Values that only a port carries, by row. */
  [FRAME.flow]: ReadonlyMap<number, PortValue> | undefined;
  [FRAME.credit]: undefined;
  /** The error of the source, if it has thrown. */
  [FRAME.sourceEnd]: WireThrown | undefined;
  [FRAME.sourceLeft]: undefined;
  [FRAME.flowsEnd]: undefined;
  /** Why the handler gets no more messages. */
  [FRAME.messageUnread]: string;
  [FRAME.profile]: ProfileTermsMessage;
  [FRAME.measured]: MeasuredMessage;
}

/**
 * One message between parent and worker, as it arrived; it may carry many tasks or many results. `meta` is a table of 32-bit
 * words. `values` holds values in the pool's codec, and `body` everything else, as a structured clone. Its kind may be any
 * number: the router of wire/frame-router.ts makes a FrameOf of it.
 */
export interface Frame {
  kind: number;
  /** Rows of `meta`. */
  meta: Uint32Array;
  values: Buffer;
  /** Memory of large views that went neither into `values` nor through the arena, in order. */
  beside: readonly ArrayBuffer[];
  body: unknown;
  /** Time when the sender had encoded it (threads: began to), host clock. */
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
 * Number of words in a row of a tasks frame:
 * - [wire id, handler index | flags | attempt << 16 | SAME_CALL, task id low, task id high, bytes of the input]
 *
 * The inputs follow one another in `values`, behind the definitions of new shapes. `body` holds rare fields by row.
 */
export const TASK_WORDS = 5;
/** Words of three tasks: most that are sent or copied one by one. A view of a short table first needs memory outside the heap. */
export const FEW_WORDS = 3 * TASK_WORDS;
export const HANDLER_MASK = 0xfff;
/** More tasks waited in the parent when this frame left; see child/batch-wait.ts. */
export const MORE = 0x1000;
/** The task may run twice: its result may leave together with others, and is lost with its worker. */
export const IDEMPOTENT = 0x2000;
/**
 * Fewer tasks are pending than there are cores, and this frame comes alone. Its answer need not wait for others. A worker that
 * stays awake after its answer takes no core from another one; see child/busy-poll.ts.
 */
export const CALM = 0x4000;
/** The task's start must be claimed by itself, and not with a run of others; see child/claimer.ts. */
export const CLAIM_ALONE = 0x8000;
/** The row belongs to the call of the row before it, whose handler takes lists. */
export const SAME_CALL = 0x80000000;
/** Bits of an attempt in a row. */
export const ATTEMPT_MASK = 0x7fff;

/*
 * `meta` of a results frame: [log position before, log position after, bytes of the log that are in `values`]. Records of the
 * log come first, if any are in the frame. Records that are not in the log follow.
 *
 * `meta` of a progress frame: [wire id, bytes of shape definitions before the value in `values`, values dropped before it].
 *
 * `meta` of a request and of its withdrawal: [its number]. `meta` of a reply: [the number of its request, 1 if refused].
 *
 * `meta` of a flow frame: [wire id, number of the flow, bytes of shape definitions before the values]. A row for each value
 * follows: [its bytes in `values`, number of its views in `beside`]. A value in `body` has its size in place of the bytes. `meta`
 * of a credit: [wire id, number of the flow, values taken]. `meta` of sourceEnd, sourceLeft, messageUnread and flowsEnd: [wire id].
 */
/** Words of a flow frame before its rows, and of a row. */
export const FLOW_HEAD = 3;
export const FLOW_ROW = 2;

/** Raised when the layout of either side changes; a worker of another version refuses to start. */
export const PROTOCOL_VERSION = 12;

/** Content of a frame besides its kind and body. */
export interface Cargo {
  meta: Uint32Array;
  /** Copied before `send` returns. */
  values?: readonly Uint8Array[] | undefined;
  /** Moved to the receiver. */
  beside?: readonly ArrayBuffer[] | undefined;
  /** Parts of the body to move instead of copy, where memory is shared. */
  transfer?: readonly TransferItem[] | undefined;
}

/** One end of the link between parent and worker, and the kinds of frames that leave by it. */
export interface FrameChannel<Sends extends FrameKind> {
  /** Whether values that no codec can carry may be sent as they are: between threads. */
  readonly clones: boolean;
  /**
   * Sends one frame. Returns the time when the frame was encoded, host clock.
   * @throws the error of the encoder for a body that cannot be encoded; then nothing is sent or moved
   */
  send<K extends Sends>(kind: K, body: Bodies[K], cargo?: Cargo): number;
  /** Set by the owner before the first frame can arrive. */
  onFrame: (frame: Frame) => void;
  /** Called when a frame is unreadable, or its receiver throws. Nothing more is received after that. */
  onFault: (error: Error) => void;
  /** Called once, when the other end is gone or the link is broken. */
  onClose: () => void;
  /**
   * Sent bytes that wait in this process, since the other end does not read fast enough. Always 0 with a port: its messages are in
   * the other thread at once, and their number there is unknown. Acknowledgements of the reader bound what is sent by a port, as
   * with progress (wire/topics.ts).
   */
  readonly bufferedBytes: number;
  /** Bytes that have arrived, those of an incomplete frame included. Always 0 with a port, whose frames arrive whole. */
  readonly receivedBytes: number;
  /** Called after back-pressure, when all waiting bytes have left. Never with a port. */
  onDrain: () => void;
  /** Resolves when everything sent has left this process or thread, or no longer can. */
  flushed(): Promise<void>;
  close(): void;
}
/** The parent's end, and the worker's. */
export type ParentChannel = FrameChannel<ParentKind>;
export type WorkerChannel = FrameChannel<WorkerKind>;

/** The number of the task in a row. @param at position of its first word */
export function taskIdAt(meta: Uint32Array, at: number): number {
  return (meta[at + 2] ?? 0) + (meta[at + 3] ?? 0) * 2 ** 32;
}

/** The try in a row, 1 for the first. @param word its second word */
export function attemptOf(word: number): number {
  return (word >>> 16) & ATTEMPT_MASK;
}
