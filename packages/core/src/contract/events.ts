import type { DeathReport } from './errors.js';

/** Events of a pool, with what their listeners receive. Listeners run synchronously; keep them short. */
export interface PoolEvents {
  /** A worker is warm and takes tasks. bootMs: spawn to ready. */
  'worker:ready': (event: { workerId: number; pid: number | undefined; bootMs: number }) => void;
  /** A worker is gone; `expected` when the pool asked it to go. */
  'worker:exited': (event: DeathReport & { expected: boolean }) => void;
  /** A healthy worker is being replaced on purpose. */
  'worker:recycled': (event: { workerId: number; reason: string }) => void;
  /** Every place in every ready worker is taken and tasks wait. */
  saturated: () => void;
  /** The queue has emptied again after `saturated`. */
  unsaturated: () => void;
  /** The wanted number of workers changed. */
  resized: (event: { from: number; to: number; reason: string }) => void;
  /** The pool gave up; every pending task rejects with this error as cause. */
  failed: (error: Error) => void;
}
