import type { DeathReport } from './errors.js';

/** How short memory is. The levels after 'normal' begin at 70 %, 80 %, 90 % and 95 % of the limit in use. */
export type MemoryLevel = 'normal' | 'elevated' | 'high' | 'critical' | 'emergency';

/**
 * Events of a pool, with the arguments of their listeners. Listeners run synchronously; keep them short. What a listener
 * throws becomes an uncaught exception of the program, and later listeners of that event are not called. The pool goes on.
 */
export interface PoolEvents {
  /**
   * A worker is warm and takes tasks. `pid` is set for a process, `threadId` for a thread; `bootMs` is the time from spawn to
   * ready.
   */
  'worker:ready': (event: {
    workerId: number;
    pid: number | undefined;
    threadId: number | undefined;
    bootMs: number;
  }) => void;
  /** A worker has ended; `expected` when the pool asked it to go. */
  'worker:exited': (event: DeathReport & { expected: boolean }) => void;
  /**
   * A healthy worker is replaced on purpose, and goes. Its successor is ready. Where it goes because memory is short, or
   * because its heap is nearly full, its successor starts afterwards.
   */
  'worker:recycled': (event: { workerId: number; reason: string }) => void;
  /**
   * A healthy worker was to be replaced, and stays, because no successor could be started. Rules of `recycle` try again
   * later.
   */
  'recycle:failed': (event: { workerId: number; reason: string; error: unknown }) => void;
  /**
   * A worker has tasks in flight, but none has begun, and it has given no sign for `silentMs`. Code left behind by a finished
   * task does not end, or an input takes too long to decode. The worker is killed and replaced, and its tasks go to others.
   * `stack` shows where it stands, for threads, and for processes with `timeoutStack`. It is undefined if that is not known
   * within half a second.
   */
  'worker:stuck': (event: {
    workerId: number;
    pid: number | undefined;
    silentMs: number;
    tasks: string[];
    stack: string | undefined;
  }) => void;
  /**
   * The memory of a worker grows with its tasks: by `bytesPerTask` for each, by `grownBytes` in all. Emitted once per worker.
   * With `recycle.onLeak` the worker is replaced.
   */
  'worker:leaks': (event: { workerId: number; tasksDone: number; bytesPerTask: number; grownBytes: number }) => void;
  /** Every place in every ready worker is taken, and tasks wait. */
  saturated: () => void;
  /** The queue has emptied again after `saturated`. */
  unsaturated: () => void;
  /** The wanted number of workers changed. */
  resized: (event: { from: number; to: number; reason: string }) => void;
  /** Memory is short, or no longer short; see `memory` in the options. */
  'memory:level': (event: { from: MemoryLevel; to: MemoryLevel; usedBytes: number; limitBytes: number }) => void;
  /** The pool gave up. Every pending task rejects with this error, ERR_POOL_FAILED; its `cause` is the last death or failed start. */
  failed: (error: Error) => void;
}

const EVENTS: Readonly<Record<keyof PoolEvents, true>> = {
  'worker:ready': true,
  'worker:exited': true,
  'worker:recycled': true,
  'recycle:failed': true,
  'worker:stuck': true,
  'worker:leaks': true,
  saturated: true,
  unsaturated: true,
  resized: true,
  'memory:level': true,
  failed: true,
};

/** The names of all events. */
export const EVENT_NAMES = Object.keys(EVENTS) as readonly (keyof PoolEvents)[];
