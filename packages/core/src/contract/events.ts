import type { DeathReport } from './errors.js';

/** How short memory is: in use of what there is from 70 %, 80 %, 90 % and 95 % on. */
export type MemoryLevel = 'normal' | 'elevated' | 'high' | 'critical' | 'emergency';

/** Events of a pool, with what their listeners receive. Listeners run synchronously; keep them short. */
export interface PoolEvents {
  /** A worker is warm and takes tasks. `pid`: of a process; `threadId`: of a thread; bootMs: spawn to ready. */
  'worker:ready': (event: {
    workerId: number;
    pid: number | undefined;
    threadId: number | undefined;
    bootMs: number;
  }) => void;
  /** A worker is gone; `expected` when the pool asked it to go. */
  'worker:exited': (event: DeathReport & { expected: boolean }) => void;
  /** A healthy worker is being replaced on purpose: the new one is ready, and this one goes. */
  'worker:recycled': (event: { workerId: number; reason: string }) => void;
  /** A healthy worker was to be replaced, and stays: no new one could be started. Rules of `recycle` try again later. */
  'recycle:failed': (event: { workerId: number; reason: string; error: unknown }) => void;
  /**
   * A worker has tasks before it, none of which has begun, and has given no sign for `silentMs`: code that a finished task left
   * behind does not end, or an input cannot be decoded in time. It is killed and replaced, and its tasks go to others.
   * `stack` is where it stands: of threads, and of processes with `timeoutStack`, where it can be told within half a second.
   */
  'worker:stuck': (event: {
    workerId: number;
    pid: number | undefined;
    silentMs: number;
    tasks: string[];
    stack: string | undefined;
  }) => void;
  /**
   * The memory of a worker grows with its tasks: by `bytesPerTask` for each, by `grownBytes` in all. Emitted once for each
   * worker; `recycle.onLeak` replaces it.
   */
  'worker:leaks': (event: { workerId: number; tasksDone: number; bytesPerTask: number; grownBytes: number }) => void;
  /** Every place in every ready worker is taken and tasks wait. */
  saturated: () => void;
  /** The queue has emptied again after `saturated`. */
  unsaturated: () => void;
  /** The wanted number of workers changed. */
  resized: (event: { from: number; to: number; reason: string }) => void;
  /** Memory is short, or not any more; see `memory` in the options. */
  'memory:level': (event: { from: MemoryLevel; to: MemoryLevel; usedBytes: number; limitBytes: number }) => void;
  /** The pool gave up; every pending task rejects with this error as cause. */
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
