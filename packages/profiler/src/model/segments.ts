/**
 * The parts of a try's latency, in the order in which they happen. Their sum is exactly the latency. Tasks of one frame share its
 * writing, its way and its reading: each of them waited that long. An input is encoded by `run()`, before a worker is chosen.
 */
export const SEGMENT_IDS = [
  'queueWait', // t1 − t0: the input is encoded, and waits in the pool for a worker
  'encode', // t2 − t1: into a frame, and the frame written
  'transportIn', // t3 − t2: on the way, and until the worker's event loop came to read it
  'decode', // t4 − t3: decoding of the input, just before the handler is called
  'workerWait', // t5 − t4: in the worker, behind the tasks sent with or before it
  'execution', // t6 − t5: the handler, awaited
  'reply', // t7 − t6: the result is encoded, and waits for its frame
  'transportOut', // t8 − t7: the way back, and until the parent's event loop came to read it
  'settle', // t9 − t8: decoding the result and settling the promise
] as const;
export type SegmentId = (typeof SEGMENT_IDS)[number];

/**
 * Waits that policies cause. 'limit', 'batch' and 'inputEncode' are parts of `queueWait`. 'backoff' lies between tries. 'cache' is the
 * wait of a call for an equal one. Both are outside of the latency of tries.
 */
export const WAIT_IDS = ['inputEncode', 'limit', 'batch', 'backoff', 'cache'] as const;
export type WaitId = (typeof WAIT_IDS)[number];
