import type { Worker } from 'node:worker_threads';

/**
 * An object that a thread can get instead of a copy: an ArrayBuffer, a MessagePort, a FileHandle. Derived from the function
 * that takes it, because the type's name differs between versions of `@types/node`.
 */
export type TransferItem = NonNullable<Parameters<Worker['postMessage']>[1]>[number];
