import type { Worker } from 'node:worker_threads';

/**
 * What a thread can be given instead of a copy: an ArrayBuffer, a MessagePort, a FileHandle. Derived from what takes it: the name of
 * the type differs between versions of `@types/node`.
 */
export type TransferItem = NonNullable<Parameters<Worker['postMessage']>[1]>[number];
