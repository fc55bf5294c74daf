import type { HedgeOptions } from './hedge-options.js';

export type ResolvedHedge = Readonly<Required<HedgeOptions>>;

const DEFAULTS = { after: 'p95', max: 1, budget: 0.05 } as const;

/** @param given checked */
export function resolveHedge({ after, max, budget }: HedgeOptions): ResolvedHedge {
  return Object.freeze({
    after: after ?? DEFAULTS.after,
    max: max ?? DEFAULTS.max,
    budget: budget ?? DEFAULTS.budget,
  });
}
