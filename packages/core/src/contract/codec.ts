/**
 * A codec of your own, as a module exports it: `export function encode(value) { … }  export function decode(bytes) { … }`.
 * Both sides load the module, so it must be one that `require()` can load: CommonJS, or ESM without top-level await.
 *
 * Both functions are called once per value, synchronously. `undefined` never reaches them. One that throws fails only the
 * task whose value it was given, with ERR_NOT_SERIALIZABLE.
 */
export interface Codec {
  /** The bytes of a task's input or result. They are copied at once, so a buffer may be used again. */
  encode(value: unknown): Uint8Array;
  /** The value those bytes were made of. `bytes` is part of a larger buffer: copy what is to be kept of it. */
  decode(bytes: Uint8Array): unknown;
}

/**
 * How inputs, results and progress cross to a worker and back.
 *
 * - `'structured'`: as structured clone has it. Map, Set, Date, BigInt, RegExp, errors, typed arrays and cycles arrive as they
 *   were; plain data goes in a format of its own, several times as fast as V8's (docs/decisions/0015-tree-codec.md).
 * - the URL of a module that exports a {@link Codec}, or `{ module }` with its URL or path (relative: to the current folder).
 *
 * What a handler throws, `workerData` and the reasons of signals always go by structured clone.
 */
export type CodecOption = 'structured' | URL | { module: string | URL };

/** A codec as it is named to a worker. */
export type CodecName = 'structured' | { readonly moduleUrl: string };
