// What was thrown, as plain data: the form in which wire/error-encoder.ts writes it and wire/error-decoder.ts reads it.

/** A value beside errors: sent raw, as its own structured clone, or a node of the table. */
export type WireValue = { value: unknown } | { bytes: Uint8Array } | { node: number };

/** An error as plain data that every channel can carry. */
export interface WireError {
  /** Built-in class to make it an instance of, such as "TypeError". */
  base: string;
  name: string;
  message: string;
  stack: string | undefined;
  /** Its cause, when it has one. */
  cause?: WireValue;
  /** Its list `errors`, as an AggregateError has one. */
  errors?: { members: WireValue[]; isEnumerable: boolean };
  /** Own enumerable properties. */
  props: [key: string, value: WireValue][];
}

/** An error, or a list or a plain object that holds errors. */
export type WireNode = { error: WireError } | { list: WireValue[] } | { record: [key: string, value: WireValue][] };

/**
 * Anything thrown, an error or another value. Errors refer to each other by their position in one table, so that an error
 * which is reached twice, or reaches itself, arrives as one.
 */
export interface WireThrown {
  root: WireValue;
  nodes: WireNode[];
}
