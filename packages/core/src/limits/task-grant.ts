import type { Histogram } from '../base/histogram.js';
import type { ResolvedLimit } from '../contract/resolve-limits.js';
import type { Gate } from './gate.js';
import type { Grant } from './rate-limiter.js';

export interface TaskGrantParts {
  readonly rules: readonly ResolvedLimit[];
  readonly gates: readonly Gate[];
  readonly grants: readonly Grant[];
  readonly ticket: { readonly limitWaitMs: number };
  /** Gets the time for which limits held the try back, if it ran. */
  readonly limitWait: Pick<Histogram, 'record'>;
}

/** What one try has taken of the limits of its name. It ends once, with the entry of the try in its worker. */
export class TaskGrant {
  readonly #parts: TaskGrantParts;
  readonly #limitWaitMs: number;

  constructor(parts: TaskGrantParts) {
    this.#parts = parts;
    this.#limitWaitMs = parts.ticket.limitWaitMs;
  }

  /** Takes what a try has really used, by unit. Units without a limit do not count. */
  correct(used: Readonly<Record<string, unknown>>, nowMs: number): void {
    const { rules, gates, grants } = this.#parts;
    for (const [at, { unit }] of rules.entries()) {
      if (unit === undefined || !Object.hasOwn(used, unit)) continue;
      const cost = used[unit];
      if (typeof cost === 'number' && Number.isFinite(cost) && cost >= 0) {
        gates[at]?.correct(grants[at] as Grant, cost, nowMs);
      }
    }
  }

  /** Notes that the handler has returned, or died with its worker. */
  ended(nowMs: number): void {
    const { gates, grants, limitWait } = this.#parts;
    limitWait.record(this.#limitWaitMs);
    for (const [at, gate] of gates.entries()) gate.ended(grants[at] as Grant, nowMs);
  }

  /** Gives everything back, because the handler was not called. */
  giveBack(): void {
    const { gates, grants } = this.#parts;
    for (const [at, gate] of gates.entries()) gate.giveBack(grants[at] as Grant);
  }
}
