import { channel } from 'node:diagnostics_channel';
import type { Clock } from '../base/clock.js';
import { queueMicrotask } from '../base/natives.js';
import type { IdlePhase, PhaseMessage } from '../contract/profile-messages.js';
import { CHANNELS } from '../contract/trace.js';
import type { TaskRegistry } from '../task/task-registry.js';
import type { Worker } from '../worker/worker.js';
import type { Backlog } from './backlog.js';

const phases = channel(CHANNELS.phase);

/** Numbers that say why a worker without a task has none. */
export interface Standing {
  isPaused: boolean;
  /** Tasks that wait for a worker. */
  queued: number;
  /** Tasks that wait for their limits, or for their batch to fill. */
  blocked: number;
  /** Tasks that have not settled. */
  unsettled: number;
  /** Whether any worker has a task. */
  isWorking: boolean;
}

/**
 * The reason for which idle workers have no task. Tasks between two tries are in no line and no worker. While there are no others,
 * they wait for their backoff, which is a limit of their own.
 */
export function idlePhase({ isPaused, queued, blocked, unsettled, isWorking }: Standing): IdlePhase {
  if (unsettled === 0) return 'noWork';
  if (queued > 0) return isPaused ? 'paused' : 'starved';
  return blocked > 0 || !isWorking ? 'limited' : 'notParallel';
}

export interface IdlePhaseParts {
  /** The pool, as an identity for messages. */
  pool: object;
  clock: Clock;
  registry: TaskRegistry;
  backlog: Backlog;
  workers: readonly Worker[];
  isPaused(): boolean;
}

/** Publishes each change of the reason, if there is a listener. Without one, a look costs one branch. */
export class IdlePhaseWatch {
  readonly #parts: IdlePhaseParts;
  #last: IdlePhase | undefined;

  constructor(parts: IdlePhaseParts) {
    this.#parts = parts;
  }

  /** Called after tasks have come, gone, or moved. */
  look(): void {
    if (phases.hasSubscribers) this.#look();
    else this.#last = undefined;
  }

  #look(): void {
    const { pool, clock, registry, backlog, workers } = this.#parts;
    const unsettled = registry.pending;
    const { gathering } = backlog;
    const blocked = backlog.blocked + gathering;
    const queued = backlog.size - backlog.blocked;
    const isWorking = unsettled > queued + blocked && workers.some((worker) => worker.inFlight > 0);
    const phase = idlePhase({ isPaused: this.#parts.isPaused(), queued, blocked, unsettled, isWorking });
    if (phase === this.#last) return;
    this.#last = phase;
    const message: PhaseMessage = { pool, phase, atMs: clock.now(), queued, blocked, unsettled };
    queueMicrotask(() => phases.publish(message));
  }
}
