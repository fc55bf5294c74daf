/**
 * Flows carry values of one task beside its input and its result, in order: a stream, a source, messages. The receiver
 * grants a credit, and the sender stays within it. So a slow receiver stops its sender, on the other side of the link, too.
 */
export const FLOW = {
  /** From the worker: values of the handler's stream. From the parent: values of the input's source. */
  stream: 0,
  /** From either side: what `post` was given. */
  messages: 1,
} as const;
export type FlowNumber = (typeof FLOW)[keyof typeof FLOW];

/** Credit of a flow: most values, and bytes, that are sent and not taken. The last value may go beyond the bytes. */
export interface FlowWindow {
  readonly values: number;
  readonly bytes: number;
}

/**
 * Credit of a flow that names none. A choice: 16 values share the cost of a frame. A handler computes no more than 64 values
 * that nothing may read. 1 MiB, as with progress (child/progress.ts), takes some 3 ms.
 */
export const FLOW_WINDOW: FlowWindow = { values: 64, bytes: 1024 * 1024 };

/** The part of a window that is taken before the sender gets credit for it. Three quarters may be on their way meanwhile. */
export const CREDIT_SHARE = 4;

/** Flows of a task, as its row announces them. */
export interface FlowTerms {
  /** Window of the stream that its handler returns; undefined if its result is awaited. */
  readonly stream?: FlowWindow | undefined;
  /** Whether its input is a flow, too. */
  readonly hasSource?: boolean | undefined;
  readonly hasMessages?: boolean | undefined;
}

/**
 * Most messages of one task, and bytes, that wait to be sent. One more is refused. A choice: 16 windows of values, and 4 of bytes.
 */
export const MOST_MESSAGES = 16 * FLOW_WINDOW.values;
export const MOST_MESSAGE_BYTES = 4 * FLOW_WINDOW.bytes;
