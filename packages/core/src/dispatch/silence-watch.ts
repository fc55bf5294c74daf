import type { Clock } from '../base/clock.js';
import type { ThreadState } from '../sizing/thread-state.js';
import type { Worker } from '../worker/worker.js';
import { FREE_LOOP_MS, goOn, patienceMs, type Silence, startSilence } from './silence.js';

export interface SilenceWatchParts {
  clock: Clock;
  /** Every worker that may have tasks in flight; workers come and go in this list. */
  workers: readonly Worker[];
  /** State of the thread that runs its loop. */
  stateOf(worker: Worker): ThreadState | undefined;
  /** Reports a worker with tasks that is at a standstill outside of any handler. It should be replaced. */
  stuck(worker: Worker, silentMs: number): void;
}

/**
 * Finds workers at a standstill outside of any handler. The cause is code that a finished task left behind, or the decoding
 * of an input. Their tasks have no limit that could end that. A running handler is no such case. It has limits of its own,
 * and without one it may run for ever.
 */
export class SilenceWatch {
  readonly #parts: SilenceWatchParts;
  readonly #silences = new Map<Worker, Silence>();
  readonly #startMs: number[] = [];

  constructor(parts: SilenceWatchParts) {
    this.#parts = parts;
  }

  /** Notes how long a worker took to start. */
  noteStart(ms: number): void {
    this.#startMs.push(ms);
    if (this.#startMs.length > 9) this.#startMs.shift();
  }

  /** Forgets a worker that has gone. */
  drop(worker: Worker): void {
    this.#silences.delete(worker);
  }

  /**
   * Looks at all workers, while there is work. While it returns true, a worker is silent or may become so. Then it must be
   * called some times a second, since long steps between looks count little. Such a worker may have nothing but revoked
   * tasks. The pool then has no work left, and the worker must still be found.
   */
  look(): boolean {
    const { clock, workers, stateOf, stuck } = this.#parts;
    const now = clock.now();
    let mayOneBecomeSilent = false;
    for (const worker of [...workers]) {
      const wasHeard = now - worker.received.heardAtMs < FREE_LOOP_MS;
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
