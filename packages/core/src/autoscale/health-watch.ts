import { Date } from '../base/natives.js';
import type { ResolvedOptions } from '../contract/resolved-options.js';
import type { MemoryStats } from '../contract/stats.js';
import { CheckHistory, checksOf, type HealthView, type NotedCheck } from '../sizing/health.js';
import type { WindowRates } from '../task/recent.js';
import { type Keeper, type Pace, SLOW_LOOK_MS } from './heartbeat.js';

/** Time that rates and delays cover. */
const WINDOW_MS = 60_000;

export interface HealthParts {
  options: Pick<ResolvedOptions, 'health' | 'restart'>;
  now(): number;
  /** Numbers of ready workers, of those that are wanted, and the least that the user wants. */
  workers(): { ready: number; wanted: number; min: number };
  /** Deaths and failed starts in the latest time of this length. */
  faults(withinMs: number): number;
  /** Number of waiting tasks, and the wait of the oldest. No worker is started for those of a paused pool. */
  queue(): { length: number; ageMs: number; isPaused: boolean };
  memory(): Pick<MemoryStats, 'usedBytes' | 'limitBytes'> | undefined;
  ratesOver(windowMs: number): WindowRates;
}

/** Looks at the health of a pool while it works, so that it is known since when something is wrong. */
export class HealthWatch implements Keeper {
  readonly #parts: HealthParts;
  readonly #history = new CheckHistory();
  #lookAtMs = -Infinity;

  constructor(parts: HealthParts) {
    this.#parts = parts;
  }

  tick(nowMs: number, hasWork: boolean): Pace {
    if (nowMs >= this.#lookAtMs) {
      this.#lookAtMs = nowMs + SLOW_LOOK_MS;
      this.look();
    }
    return hasWork ? 'slow' : 'rest';
  }

  /** The checks as they are now. */
  look(): NotedCheck[] {
    const { options, now } = this.#parts;
    return this.#history.note(checksOf(this.#view(), options.health), { hostMs: now(), epochMs: Date.now() });
  }

  #view(): HealthView {
    const { options, workers, faults, queue, memory, ratesOver } = this.#parts;
    const { ready, wanted, min } = workers();
    const { length: queueLength, ageMs: queueAgeMs, isPaused } = queue();
    const reading = memory();
    const { completed, failed, errorRate, loopLagMs } = ratesOver(WINDOW_MS);
    return {
      ready,
      // Memory may allow fewer than the user wants. Without any worker, no waiting task can run.
      least: Math.max(Math.min(min, wanted), queueLength > 0 && !isPaused ? 1 : 0),
      restarts: faults(options.restart.withinMs),
      queueAgeMs,
      queueLength,
      memory: reading && reading.usedBytes / reading.limitBytes,
      ended: completed + failed,
      errorRate,
      eventLoopLagMs: loopLagMs,
    };
  }
}
