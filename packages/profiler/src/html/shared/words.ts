import type { CapacityId } from '../../model/ledgers.js';
import type { SegmentId, WaitId } from '../../model/segments.js';

/** What a part of a ledger is called, and what it is. Colours are those of the style sheet: `--c-<colour>`. */
export interface Words {
  name: string;
  means: string;
  colour: string;
}

export const CAPACITY_WORDS: Record<CapacityId, Words> = {
  cpu: { name: 'computing', means: 'a handler computes', colour: 'cpu' },
  gc: { name: 'gc', means: 'the garbage collector pauses a handler', colour: 'gc' },
  runQueue: { name: 'waiting for a core', means: 'a handler is ready to compute, and has no core', colour: 'runqueue' },
  onLoop: {
    name: 'on the loop',
    means: 'a handler holds the event loop; the system cannot say whether it computes',
    colour: 'onloop',
  },
  offCpu: { name: 'blocked', means: 'a handler blocks the event loop without computing', colour: 'offcpu' },
  loopIdle: { name: 'handler waits', means: 'a handler waits, and the event loop sleeps', colour: 'loopidle' },
  decode: { name: 'decode', means: 'a worker reads inputs', colour: 'decode' },
  encode: { name: 'encode', means: 'a worker writes results', colour: 'encode' },
  other: {
    name: 'transport',
    means: 'tasks are in the worker, and none of their handlers runs: frames, event loop, transport',
    colour: 'other',
  },
  starved: { name: 'starved', means: 'idle, although a task waits that the worker could run', colour: 'starved' },
  limited: {
    name: 'limited',
    means: 'idle: tasks wait only for limits of their own, or for their batch to fill',
    colour: 'limited',
  },
  paused: { name: 'paused', means: 'idle: the pool hands out nothing', colour: 'paused' },
  notParallel: {
    name: 'not parallel',
    means: 'idle: no task waits, and other workers have some',
    colour: 'notparallel',
  },
  noWork: { name: 'no work', means: 'idle: the pool has no task', colour: 'nowork' },
  boot: { name: 'boot', means: 'a worker starts, and is not ready yet', colour: 'boot' },
  down: { name: 'down', means: 'a worker is wanted, and none is there', colour: 'down' },
  profiler: { name: 'profiler', means: 'own measuring', colour: 'profiler' },
  unattributed: { name: 'unattributed', means: 'what the measurements leave over', colour: 'unattributed' },
};

/** Order of the capacity bar: useful work first, then its costs, then idle time. */
export const CAPACITY_ORDER = Object.keys(CAPACITY_WORDS) as CapacityId[];

export const SEGMENT_WORDS: Record<SegmentId, Words> = {
  queueWait: {
    name: 'queue wait',
    means: 't1 − t0: the input is encoded, and waits in the pool for a worker',
    colour: 'queue',
  },
  encode: { name: 'encode', means: 't2 − t1: into a frame, and the frame written', colour: 'encode' },
  transportIn: {
    name: 'way in',
    means: 't3 − t2: on the way, and until the event loop of the worker came to read it',
    colour: 'way',
  },
  decode: { name: 'decode', means: 't4 − t3: out of the frame', colour: 'decode' },
  workerWait: {
    name: 'wait in worker',
    means: 't5 − t4: in the worker, behind tasks sent with or before it',
    colour: 'workerwait',
  },
  execution: { name: 'execution', means: 't6 − t5: the handler, awaited', colour: 'cpu' },
  reply: { name: 'reply', means: 't7 − t6: the result is encoded, and waits for its frame', colour: 'encode' },
  transportOut: {
    name: 'way out',
    means: 't8 − t7: the way back, and until the event loop of the parent came to read it',
    colour: 'way',
  },
  settle: { name: 'settle', means: 't9 − t8: decoding the result and settling the promise', colour: 'decode' },
};

export const WAIT_WORDS: Record<WaitId, string> = {
  inputEncode: 'input encoded',
  limit: 'held by a limit',
  batch: 'batch fills',
  backoff: 'between tries',
  cache: 'for an equal call',
};

export const IDLE_WORDS = {
  noWork: CAPACITY_WORDS.noWork,
  notParallel: CAPACITY_WORDS.notParallel,
  starved: CAPACITY_WORDS.starved,
};
