import type { ShapingStats } from '../contract/shaping-options.js';

/** Counts of calls that were shaped. */
export interface ShapingCounts {
  calls: number;
  ran: number;
  superseded: number;
}

export function noCounts(): ShapingCounts {
  return { calls: 0, ran: 0, superseded: 0 };
}

export function toStats({ calls, ran, superseded }: ShapingCounts): ShapingStats {
  const ended = ran + superseded;
  return { calls, ran, superseded, reductionShare: ended === 0 ? 0 : superseded / ended };
}
