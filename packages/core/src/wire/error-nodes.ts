import type { PortValue } from '../codec/port-value.js';

// Thrown values as plain data: the form that wire/error-encoder.ts writes and wire/error-decoder.ts reads.

/** A value beside errors: raw, as V8 writes it, or as a port carries it. Or else it is a node of the table. */
export type WireValue = { value: unknown } | { bytes: Uint8Array } | { forPort: PortValue } | { node: number };

/** An error as plain data that every channel can carry. */
export interface WireError {
  /** Built-in class that the rebuilt error is an instance of, such as "TypeError". */
  base: string;
  name: string;
  message: string;
  stack: string | undefined;
  /** Its cause, when it has one. */
  cause?: WireValue;
  /** Its list `errors`, as an AggregateError has one. */
  errors?: { members: WireValue[]; isEnumerable: boolean };
  /** `error` and `suppressed` of a SuppressedError. */
  pair?: [error: WireValue, suppressed: WireValue];
  /** Own enumerable properties. */
  props: [key: string, value: WireValue][];
}

/** An error, or a list or a plain object that holds errors. */
export type WireNode = { error: WireError } | { list: WireValue[] } | { record: [key: string, value: WireValue][] };

/**
 * A thrown value, an error or anything else. Errors refer to each other by their position in one table. An error with two
 * references, or one to itself, so arrives as one error.
 */
export interface WireThrown {
  root: WireValue;
  nodes: WireNode[];
  /** How a call of several rows failed as a whole; undefined where its row failed alone. */
  call?: CallFailure;
}

/** 'failed': the handler threw or rejected. 'results': it returned no result for each of its inputs. */
export type CallFailure =
  { how: 'failed' } | { how: 'results'; inputs: number; outputs: number | undefined; got: string };
