import { lineage } from '../base/lineage.js';

/**
 * Whether this code runs in a worker of a pool. True in a process or thread that a pool started, while its module loads and
 * in its handlers. A file that is both program and worker makes its pool where this is false:
 *
 * ```ts
 * if (!inWorker) start();
 * ```
 *
 * False for kind 'inline': its handlers run in the program itself, which loads each module only once.
 */
export const inWorker: boolean = lineage() !== undefined;
