import type { Timer } from '../base/clock.js';
import type { PortValue } from '../codec/port-value.js';
import type { CallTerms } from '../contract/call-terms.js';
import type { TransferItem } from '../contract/transfer-item.js';
import type { Permit } from '../limits/breaker.js';
import type { Ticket } from '../limits/task-limits.js';
import type { TaskFlows } from './task-flows.js';

/** An item as the functions of its pool see it. Undefined where the pool has no such function. */
export interface BatchItem {
  readonly key: string | undefined;
  /** The caller's own object. */
  readonly input: unknown;
}

/** Terms of one task by its caller, and those that its backend adds. */
export interface TaskExtras extends CallTerms {
  /** What the pool's functions of a batch need of its input. */
  batch?: BatchItem | undefined;
  /** Its name where that differs from the name of its type: no worker has a handler of this name. */
  name?: string | undefined;
  /** Whether it belongs to one worker only: a task of a broadcast, or a further run. */
  pinned?: boolean | undefined;
  /** Key of its circuit breaker, if its name has one for each key. */
  breakerKey?: string | undefined;
  /** Called with the execution time of the try that completed, ms, before the promise settles. */
  onRan?: ((ms: number) => void) | undefined;
  /** Its values beside input and result. */
  flows?: TaskFlows | undefined;
  /** Its keys and costs, where its name has limits. A broadcast has none, and passes by them. */
  ticket?: Ticket | undefined;
}

/** What policies hold for one try of a task, from its hand-over until it leaves its worker. */
export interface TryPolicies {
  /** Of its circuit breaker; undefined once the outcome is known. */
  permit: Permit | undefined;
  /** Runs the task again beside this try. */
  hedgeTimer: Timer | undefined;
}

/** Parts of an input that are not bytes of its chunk. */
export interface InputAside {
  /** Its large views. */
  readonly views?: readonly Uint8Array[] | undefined;
  /** A copy of an input that only a port can carry, and its parts to be moved. */
  readonly clone?: PortValue | undefined;
  readonly transfer?: readonly TransferItem[] | undefined;
  /** Bytes of the memory in `clone`. */
  readonly clonedBytes?: number | undefined;
}
