import type { Histogram } from '../base/histogram.js';
import type { ResolvedHedge } from '../contract/resolve-hedge.js';
import type { HedgeStats } from '../contract/stats.js';
import { TryBudget } from './try-budget.js';

/** Runs before the 95th percentile counts: five of them lie above it. At half, it would be the third longest run. */
const LEAST_RUNS = 100;
const SHARE = 0.95;
/** Growth of the number of runs after which the percentile is computed anew, which takes some µs. A choice. */
const GROWTH = 1.05;
/** Shortest time after which a task is run again, ms: that of a timer. */
const LEAST_MS = 1;

/** Decides when tasks of a name are run again beside a run that takes long, and counts these runs. */
export class HedgePolicy {
  readonly max: number;
  readonly budget: TryBudget;
  readonly counts: HedgeStats = { begun: 0, won: 0, refused: 0 };
  readonly #after: ResolvedHedge['after'];
  #p95Ms: number | undefined;
  /** Number of runs at which the percentile is computed anew. */
  #nextLook = LEAST_RUNS;

  constructor({ after, max, budget }: ResolvedHedge) {
    this.#after = after;
    this.max = max;
    this.budget = new TryBudget(budget);
  }

  /** Time from a hand-over to a second run, ms; undefined while it is not known. @param runs lengths of the runs of the name */
  afterMs(runs: Pick<Histogram, 'count' | 'percentile'>): number | undefined {
    if (this.#after !== 'p95') return this.#after;
    if (runs.count >= this.#nextLook) {
      this.#p95Ms = Math.max(LEAST_MS, runs.percentile(SHARE));
      this.#nextLook = Math.ceil(runs.count * GROWTH);
    }
    return this.#p95Ms;
  }
}
