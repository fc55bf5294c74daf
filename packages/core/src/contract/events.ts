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
  /** A healthy worker is being replaced on purpose. */
  'worker:recycled': (event: { workerId: number; reason: string }) => void;
  /**
   * The memory of a worker grows with its tasks: by so many bytes for each, so many in all. Told once for each worker;
   * `recycle.onLeak` replaces it.
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
  'worker:leaks': true,
  saturated: true,
  unsaturated: true,
  resized: true,
  'memory:level': true,
  failed: true,
};

/** The names of all events. */
export const EVENT_NAMES = Object.keys(EVENTS) as readonly (keyof PoolEvents)[];
