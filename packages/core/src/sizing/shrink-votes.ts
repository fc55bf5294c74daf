/**
 * Decides when a pool gives workers up. Three ticks in a row must agree, and the workers must have been unneeded for a while.
 * If they are needed again soon after, that while becomes longer, as in uwsgi's cheaper_busyness. So workers stay for load
 * that comes and goes.
 */
export interface ShrinkVotes {
  readonly votes: number;
  /** Last time at which every worker was needed. */
  readonly neededAtMs: number;
  /** Time for which an unneeded worker is kept. */
  readonly keepMs: number;
  readonly shrunkAtMs: number;
}

/** Ticks that agree. A choice: they are less than a second, so harm ends soon. In simulated runs, 1 and 12 give the same work. */
const VOTES = 3;
/**
 * A choice, between memory for idle workers and their start-up time. In simulated runs with pauses of minutes, a quarter and
 * four times as much give the same work.
 */
const KEEP_MS = 10_000;
/** Reached after four mistakes in a row. A choice: most time for which idle workers wait for load that may not come. */
const MOST_KEEP_MS = 160_000;
/** Growing again within this many times `keepMs` shows that shrinking was a mistake. */
const REGRET = 2;

export function noVotes(nowMs: number): ShrinkVotes {
  return { votes: 0, neededAtMs: nowMs, keepMs: KEEP_MS, shrunkAtMs: -Infinity };
}

/** Notes that every worker is needed now. */
export function needed(votes: ShrinkVotes, nowMs: number): ShrinkVotes {
  return { ...votes, votes: 0, neededAtMs: nowMs };
}

/** Notes that some workers are unneeded, or harm. @param harm they take cores from each other, so they go without a delay */
export function vote(votes: ShrinkVotes, nowMs: number, harm: boolean): { votes: ShrinkVotes; passed: boolean } {
  const counted = { ...votes, votes: votes.votes + 1 };
  const passed = counted.votes >= VOTES && (harm || nowMs - votes.neededAtMs >= votes.keepMs);
  return { votes: counted, passed };
}

/** Notes that a worker was given up. */
export function shrunk(votes: ShrinkVotes, nowMs: number): ShrinkVotes {
  return { ...votes, votes: 0, shrunkAtMs: nowMs };
}

/** Notes that a worker starts again. */
export function grown(votes: ShrinkVotes, nowMs: number): ShrinkVotes {
  const sinceMs = nowMs - votes.shrunkAtMs;
  if (sinceMs < REGRET * votes.keepMs) {
    return { ...needed(votes, nowMs), keepMs: Math.min(votes.keepMs * 2, MOST_KEEP_MS), shrunkAtMs: -Infinity };
  }
  const wasLongAgo = sinceMs > 10 * votes.keepMs && sinceMs < Infinity;
  return { ...needed(votes, nowMs), keepMs: wasLongAgo ? Math.max(KEEP_MS, votes.keepMs / 2) : votes.keepMs };
}
