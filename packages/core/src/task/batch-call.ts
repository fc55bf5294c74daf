import type { Permit } from '../limits/breaker.js';

/** What a call knows of the batch that its tasks were in. */
export interface CalledBatch {
  /** Time when its rules let it leave, host clock. */
  readonly readyAt: number;
  /** Whether it waits in the queue. */
  readonly isQueued: boolean;
  /** The other half of the call that was split into this one. */
  readonly sibling: CalledBatch | undefined;
}

/** How a call failed that is split. */
export interface WholeFailure {
  readonly error: Error;
  /** What `breaker.on` threw about it, by the breakers that have counted it. */
  readonly faults: Map<Permit['breaker'], AggregateError | undefined>;
}

/** One call of a batch handler in a worker: the tasks that went there together. */
export class BatchCall {
  /** Number of its tasks. */
  readonly rows: number;
  /** Number of inputs that the handler gets. */
  readonly inputs: number;
  /** Position of its next task. */
  next = 0;
  /** Part of them without an answer. */
  left = 0;
  /** Part of `left` whose results are wanted. The worker is not ended for the others while there is one. */
  wanted = 0;
  /** Undefined until it has failed and is split. */
  failure: WholeFailure | undefined;
  readonly batch: CalledBatch | undefined;

  constructor(rows: number, inputs: number, batch?: CalledBatch) {
    this.rows = rows;
    this.inputs = inputs;
    this.batch = batch;
  }

  /** Adds the next task. Returns its position. */
  join(): number {
    this.left++;
    this.wanted++;
    return this.next++;
  }

  /** Notes the answer for a task. Returns whether others are left. */
  leave(isWanted: boolean): boolean {
    this.left--;
    if (isWanted) this.wanted--;
    return this.left > 0;
  }
}
