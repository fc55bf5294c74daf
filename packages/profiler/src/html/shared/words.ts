import { CAPACITY_LABELS, SEGMENT_LABELS } from '../../format/labels.js';
import type { CapacityId } from '../../model/ledgers.js';
import type { SegmentId } from '../../model/segments.js';

/** What a part of a ledger is called, and what it is. Colours are those of the style sheet: `--c-<colour>`. */
export interface Words {
  name: string;
  means: string;
  colour: string;
}

export const CAPACITY_WORDS: Record<CapacityId, Words> = {
  cpu: { name: CAPACITY_LABELS.cpu, means: 'a handler computes', colour: 'cpu' },
  gc: { name: CAPACITY_LABELS.gc, means: 'the garbage collector pauses a handler', colour: 'gc' },
  runQueue: {
    name: CAPACITY_LABELS.runQueue,
    means: 'a handler is ready to compute, and has no core',
    colour: 'runqueue',
  },
  onLoop: {
    name: CAPACITY_LABELS.onLoop,
    means: 'a handler holds the event loop; the system cannot say whether it computes',
    colour: 'onloop',
  },
  offCpu: {
    name: CAPACITY_LABELS.offCpu,
    means: 'a handler blocks the event loop without computing',
    colour: 'offcpu',
  },
  loopIdle: { name: CAPACITY_LABELS.loopIdle, means: 'a handler waits, and the event loop sleeps', colour: 'loopidle' },
  decode: { name: CAPACITY_LABELS.decode, means: 'a worker reads inputs', colour: 'decode' },
  encode: { name: CAPACITY_LABELS.encode, means: 'a worker writes results', colour: 'encode' },
  other: {
    name: CAPACITY_LABELS.other,
    means: 'tasks are in the worker, and none of their handlers runs: frames, event loop, transport',
    colour: 'other',
  },
  starved: {
    name: CAPACITY_LABELS.starved,
    means: 'idle, although a task waits that the worker could run',
    colour: 'starved',
  },
  limited: {
    name: CAPACITY_LABELS.limited,
    means: 'idle: tasks wait only for limits of their own, or for their batch to fill',
    colour: 'limited',
  },
  paused: { name: CAPACITY_LABELS.paused, means: 'idle: the pool hands out nothing', colour: 'paused' },
  notParallel: {
    name: CAPACITY_LABELS.notParallel,
    means: 'idle: no task waits, and other workers have some',
    colour: 'notparallel',
  },
  noWork: { name: CAPACITY_LABELS.noWork, means: 'idle: the pool has no task', colour: 'nowork' },
  boot: { name: CAPACITY_LABELS.boot, means: 'a worker starts, and is not ready yet', colour: 'boot' },
  down: { name: CAPACITY_LABELS.down, means: 'a worker is wanted, and none is there', colour: 'down' },
  profiler: { name: CAPACITY_LABELS.profiler, means: 'own measuring', colour: 'profiler' },
  unattributed: {
    name: CAPACITY_LABELS.unattributed,
    means: 'what the measurements leave over',
    colour: 'unattributed',
  },
};

/** Order of the capacity bar: useful work first, then its costs, then idle time. */
export const CAPACITY_ORDER = Object.keys(CAPACITY_WORDS) as CapacityId[];

export const SEGMENT_WORDS: Record<SegmentId, Words> = {
  queueWait: {
    name: SEGMENT_LABELS.queueWait,
    means: 't1 − t0: the input is encoded, and waits in the pool for a worker',
    colour: 'queue',
  },
  encode: { name: SEGMENT_LABELS.encode, means: 't2 − t1: into a frame, and the frame written', colour: 'encode' },
  transportIn: {
    name: SEGMENT_LABELS.transportIn,
    means: 't3 − t2: on the way, and until the event loop of the worker came to read it',
    colour: 'way',
  },
  decode: { name: SEGMENT_LABELS.decode, means: 't4 − t3: decoding of the input', colour: 'decode' },
  workerWait: {
    name: SEGMENT_LABELS.workerWait,
    means: 't5 − t4: in the worker, behind tasks sent with or before it',
    colour: 'workerwait',
  },
  execution: { name: SEGMENT_LABELS.execution, means: 't6 − t5: the handler, awaited', colour: 'cpu' },
  reply: {
    name: SEGMENT_LABELS.reply,
    means: 't7 − t6: the result is encoded, and waits for its frame',
    colour: 'encode',
  },
  transportOut: {
    name: SEGMENT_LABELS.transportOut,
    means: 't8 − t7: the way back, and until the event loop of the parent came to read it',
    colour: 'way',
  },
  settle: {
    name: SEGMENT_LABELS.settle,
    means: 't9 − t8: decoding the result and settling the promise',
    colour: 'decode',
  },
};

export const IDLE_WORDS = {
  noWork: CAPACITY_WORDS.noWork,
  notParallel: CAPACITY_WORDS.notParallel,
  starved: CAPACITY_WORDS.starved,
};
