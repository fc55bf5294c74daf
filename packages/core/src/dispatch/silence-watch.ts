import type { Clock } from '../base/clock.js';
import type { ThreadState } from '../sizing/thread-state.js';
import type { Worker } from '../worker/worker.js';
import { goOn, patienceMs, startSilence, type Silence } from './silence.js';

/** From the last word of a worker to the first look at it: a free loop says more. */
const FIRST_LOOK_MS = 200;

export interface SilenceWatchParts {
  clock: Clock;
  /** Every worker that may have tasks in flight; workers come and go in this list. */
  workers: readonly Worker[];
  /** Of the thread that runs its loop. */
  stateOf(worker: Worker): ThreadState | undefined;
  /** A worker stands still outside of any handler, with tasks before it. It is to be replaced. */
  stuck(worker: Worker, silentMs: number): void;
}

/**
 * Finds workers that stand still outside of any handler: in code that a finished task left behind, or in the decoding of an
 * input. Their tasks have no limit that could end that. A handler that runs is another matter: its limits are its own, and
 * without one it may run for ever.
 */
export class SilenceWatch {
  readonly #parts: SilenceWatchParts;
  readonly #silences = new Map<Worker, Silence>();
  readonly #startMs: number[] = [];

  constructor(parts: SilenceWatchParts) {
    this.#parts = parts;
  }

  /** A worker took this long to start. */
  noteStart(ms: number): void {
    this.#startMs.push(ms);
    if (this.#startMs.length > 9) this.#startMs.shift();
  }

  /** A worker is no more. */
  drop(worker: Worker): void {
    this.#silences.delete(worker);
  }

  /**
   * Looks at all workers. To be called while there is work; some times a second as long as it says that one is silent or may
   * become so, since long steps from look to look count little. Such a worker may have nothing but tasks that were taken back:
   * then the pool has no work left, and the worker has still to be found.
   */
  look(): boolean {
    const { clock, workers, stateOf, stuck } = this.#parts;
    const now = clock.now();
    let mayOneBecomeSilent = false;
    for (const worker of [...workers]) {
      const wasHeard = now - worker.received.heardAtMs < FIRST_LOOK_MS;
      if (worker.inFlight === 0 || wasHeard || worker.assigned.hasBegun()) {
        mayOneBecomeSilent ||= wasHeard && worker.inFlight > 0;
        this.#silences.delete(worker);
        continue;
      }
      const silence = this.#silences.get(worker);
      const state = stateOf(worker);
      if (silence === undefined || silence.lookedAtMs < worker.received.heardAtMs) {
        this.#silences.set(worker, startSilence(now, state));
        continue;
      }
      const next = goOn(silence, now, state, worker.isOutputBlocked);
      this.#silences.set(worker, next);
      if (next.countedMs < patienceMs(this.#usualStartMs, shortestLimitMs(worker))) continue;
      this.#silences.delete(worker);
      stuck(worker, now - worker.received.heardAtMs);
    }
    return mayOneBecomeSilent || this.#silences.size > 0;
  }

  /** The median of the latest. */
  get #usualStartMs(): number {
    const sorted = this.#startMs.toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  }
}

function shortestLimitMs(worker: Worker): number {
  return Math.min(...worker.tasks().map(({ timeoutMs, settings }) => Math.min(timeoutMs, settings.queueTimeoutMs)));
}
