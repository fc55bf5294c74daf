/**
 * A custom codec, as a module exports it: `export function encode(value) { … }  export function decode(bytes) { … }`. Both
 * sides load the module, so `require()` must be able to load it: CommonJS, or ESM without top-level await.
 *
 * Both functions are called once per value, synchronously. `undefined` never reaches them. If one throws, only the task of
 * that value fails, with ERR_NOT_SERIALIZABLE.
 */
export interface Codec {
  /** Returns the bytes of a task's input or result. They are copied at once, so a buffer may be used again. */
  encode(value: unknown): Uint8Array;
  /** Returns the value of those bytes. `bytes` is part of a larger buffer: copy any part that is to be kept. */
  decode(bytes: Uint8Array): unknown;
}

/**
 * How inputs, results and progress cross to a worker and back.
 *
 * - `'structured'`: like structured clone. Map, Set, Date, BigInt, RegExp, errors, typed arrays and cycles arrive as they
 *   were. Plain data goes in a format of its own, several times as fast as V8's (docs/decisions/0015-tree-codec.md).
 * - the URL of a module that exports a {@link Codec}, or `{ module }` with its URL or path. Paths are relative to the current
 *   folder.
 *
 * Errors of handlers, `workerData` and the reasons of signals always go by structured clone.
 */
export type CodecOption = 'structured' | URL | { module: string | URL };

/** A codec as its worker gets it. */
export type CodecName = 'structured' | { readonly moduleUrl: string };
