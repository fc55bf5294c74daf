import { PREFETCH_MS } from '../wire/pace.js';
import type { Worker } from '../worker/worker.js';

/**
 * A worker that tasks may be assigned to, with the data that dispatch keeps about it. The assignment pass makes it when the
 * worker becomes ready, and drops it when the worker takes no more tasks. The pass and its parts are its only writers.
 */
export class Candidate {
  readonly worker: Worker;
  /** Expected work worth prefetching for it, ms. */
  prefetchMs = PREFETCH_MS;
  /** Time when it was idle and got a tiny task, host clock; see dispatch/frame-filling.ts. */
  wokenAtMs = -Infinity;
  /** Whether it is in the list of dispatch/capacity.ts. A Set of candidates that come and go would allocate each time. */
  isListed = false;
  /** Whether it gets no task while memory is short. */
  isWithheld = false;
  /** Whether it lost its prefetched tasks at a standstill. It gets none until it answers. */
  isStalled = false;
  /** Number of keys that it is the home of; kept by dispatch/affinity.ts. */
  keys = 0;
  /** Whether it is set aside for one task that must run alone. */
  isReserved = false;

  constructor(worker: Worker) {
    this.worker = worker;
  }

  /** Whether it takes no more tasks for ever. */
  get isSpent(): boolean {
    return !this.worker.isReady || this.worker.tasksLeft <= 0;
  }

  /** Whether it gets no task of the queue, even if it has room. Memory is short, or a suspect must run alone. */
  get isSetAside(): boolean {
    return this.isReserved || this.isWithheld;
  }

  /** Whether tasks may be prefetched to it. Both sides must see the claim board, so that tasks can be recalled. */
  get mayPrefetch(): boolean {
    const { worker } = this;
    if (this.isSetAside || this.isStalled) return false;
    return worker.assigned.hasBoard && worker.isReady && !worker.assigned.isFull;
  }
}

/** A worker among these with nothing to do, other than this one. */
export function idleBeside(worker: Worker, candidates: Iterable<Candidate>): Worker | undefined {
  for (const { worker: other, isSetAside, isSpent } of candidates) {
    if (other !== worker && other.inFlight === 0 && !isSetAside && !isSpent) return other;
  }
  return undefined;
}
