import type { Histogram } from '../base/histogram.js';
import type { ResolvedLimit } from '../contract/resolve-limits.js';
import type { Gate } from './gate.js';
import type { Grant } from './rate-limiter.js';

export interface TaskGrantParts {
  readonly rules: readonly ResolvedLimit[];
  readonly gates: readonly Gate[];
  readonly grants: readonly Grant[];
  /** The tries of the call: one, or those of a batch. */
  readonly rows: readonly { readonly limitWaitMs: number }[];
  /** Costs of each row of a batch, by limit; undefined for a call of one try. */
  readonly rowCosts: number[][] | undefined;
  /** Gets the time for which limits held each try back, if it ran. */
  readonly limitWait: Pick<Histogram, 'record'>;
}

/**
 * What one call has taken of the limits of its name. A batch is one call of several rows, and ends with the last of them. A row
 * ends once, with the entry of its try in the worker.
 */
export class TaskGrant {
  readonly #parts: TaskGrantParts;
  #left: number;
  /** Time when the last row ended whose handler was called; undefined without any. */
  #endedAtMs: number | undefined;

  constructor(parts: TaskGrantParts) {
    this.#parts = parts;
    this.#left = parts.rows.length;
  }

  /** Takes what a row has really used, by unit. Units without a limit do not count. */
  correct(used: Readonly<Record<string, unknown>>, nowMs: number, row = 0): void {
    const { rules, gates, grants, rowCosts } = this.#parts;
    for (const [at, { unit }] of rules.entries()) {
      if (unit === undefined || !Object.hasOwn(used, unit)) continue;
      const cost = used[unit];
      if (typeof cost !== 'number' || !Number.isFinite(cost) || cost < 0) continue;
      const grant = grants[at] as Grant;
      const own = rowCosts?.[row];
      const others = own === undefined ? 0 : Math.max(0, grant.cost - (own[at] as number));
      if (own !== undefined) own[at] = cost;
      gates[at]?.correct(grant, others + cost, nowMs);
    }
  }

  /** Notes that the handler has returned for a row, or died with its worker. */
  ended(nowMs: number, row = 0): void {
    const { rows, limitWait } = this.#parts;
    limitWait.record(rows[row]?.limitWaitMs ?? 0);
    this.#endedAtMs = Math.max(this.#endedAtMs ?? nowMs, nowMs);
    this.#leave();
  }

  /** Notes that the handler was not called for a row. Where it was called for none, everything is given back. */
  giveBack(): void {
    this.#leave();
  }

  #leave(): void {
    if (--this.#left > 0) return;
    const { gates, grants } = this.#parts;
    for (const [at, gate] of gates.entries()) {
      if (this.#endedAtMs === undefined) gate.giveBack(grants[at] as Grant);
      else gate.ended(grants[at] as Grant, this.#endedAtMs);
    }
  }
}
