import type { Worker } from '../worker/worker.js';
import { PREFETCH_MS } from './prefetch.js';

/**
 * A worker that tasks may be assigned to, with what dispatch remembers of it. The assignment pass makes it when the worker
 * becomes ready, drops it when the worker takes nothing more, and is the only writer together with the parts it owns.
 */
export class Candidate {
  readonly worker: Worker;
  /** Work worth prefetching for it, ms. */
  prefetchMs = PREFETCH_MS;
  /** When it was given a tiny task and had none, host clock; see dispatch/frame-filling.ts. */
  wokenAtMs = -Infinity;
  /** Stands in the list of dispatch/capacity.ts. A Set of candidates that come and go would allocate each time. */
  isListed = false;
  /** Gets no task while memory is short. */
  isWithheld = false;
  /** Has lost its prefetched tasks because it stood still; gets none until it answers. */
  isStalled = false;
  /** Set aside for one task that must run alone. */
  isReserved = false;

  constructor(worker: Worker) {
    this.worker = worker;
  }

  /** Whether tasks may be prefetched to it: both sides see the claim board, so they can be recalled. */
  get mayPrefetch(): boolean {
    const { worker } = this;
    if (this.isReserved || this.isWithheld || this.isStalled) return false;
    return worker.assigned.hasBoard && worker.isReady && !worker.assigned.isFull;
  }
}
