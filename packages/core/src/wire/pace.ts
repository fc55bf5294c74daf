// Times and amounts that both sides of a link count on. Each stands here once, since one side relies on that of the other.

/**
 * Time between two reports of a worker that works, and between two looks of the pool at it. A report takes the worker 20 µs in
 * a loop, and 0.2 ms where other work has taken the caches. So it is 0.1 % of its time at most.
 */
export const REPORT_EVERY_MS = 250;
/**
 * Growth that a worker reports at once. Tasks that leave a lot behind can fill all memory between two reports. An emergency
 * begins 26 MiB below the limit of a container of 512 MiB. So one such step is still seen there, and one of double the size is not.
 */
export const REPORT_GROWTH_BYTES = 16 * 1024 * 1024;
/**
 * Least time between two looks at memory that grows. A look takes 10 to 30 µs in a worker. In the pool it takes 0.3 ms, 3 %
 * of the time.
 */
export const GROWTH_LOOK_MS = 10;

/**
 * Longest wait of a result for others, ms. A frame costs both sides some 50 µs in all. Where all cores are busy, its arrival also
 * takes a core from a worker. After as much silence the parent looks into the log by itself, so a longer wait would save nothing.
 * With 1, 2 and 4 ms, factorials took 1.50, 1.42 and 1.39 times as long as in two bare forks.
 */
export const BATCH_WAIT_MS = 4;

/**
 * Work that a worker has ahead while the parent gets a core when it needs one, ms. It is the least that the parent prefetches,
 * and what is left in a worker when its results leave. A round trip of 33 to 104 µs (docs/decisions/0010-busy-polling.md) is a
 * tenth of it.
 */
export const PREFETCH_MS = 1;

/**
 * Time after which a worker looks again at the claims of a run before each further task. A look costs 0.7 µs,
 * less than a thousandth of it.
 */
export const LOOK_AGAIN_MS = 1;
/**
 * Age in ms of the running task of a run from which the parent may recall those behind it. The difference to LOOK_AGAIN_MS is a
 * margin for two readings of a clock in different processes. The proof in docs/decisions/0006-recall.md needs none.
 */
export const RECALL_AFTER_MS = 2 * LOOK_AGAIN_MS;
