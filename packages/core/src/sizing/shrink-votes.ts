/**
 * When a pool gives workers up. Three ticks in a row must agree, and the workers must not have been needed for a while.
 * When they are needed again soon after, that while becomes longer, as in uwsgi's cheaper_busyness: workers stay for load
 * that comes and goes.
 */
export interface ShrinkVotes {
  readonly votes: number;
  /** When every worker was last of use. */
  readonly neededAtMs: number;
  /** How long one is kept that is of no use. */
  readonly keepMs: number;
  readonly shrunkAtMs: number;
}

const VOTES = 3;
const KEEP_MS = 10_000;
const MOST_KEEP_MS = 160_000;
/** Growing again within this many times `keepMs` is a mistake. */
const REGRET = 2;

export function noVotes(nowMs: number): ShrinkVotes {
  return { votes: 0, neededAtMs: nowMs, keepMs: KEEP_MS, shrunkAtMs: -Infinity };
}

/** Every worker is of use now. */
export function needed(votes: ShrinkVotes, nowMs: number): ShrinkVotes {
  return { ...votes, votes: 0, neededAtMs: nowMs };
}

/** Some are of no use, or harm. @param harm they take from each other: then they go without being kept for a while */
export function vote(votes: ShrinkVotes, nowMs: number, harm: boolean): { votes: ShrinkVotes; passed: boolean } {
  const counted = { ...votes, votes: votes.votes + 1 };
  const passed = counted.votes >= VOTES && (harm || nowMs - votes.neededAtMs >= votes.keepMs);
  return { votes: counted, passed };
}

/** One was given up. */
export function shrunk(votes: ShrinkVotes, nowMs: number): ShrinkVotes {
  return { ...votes, votes: 0, shrunkAtMs: nowMs };
}

/** One is started again. */
export function grown(votes: ShrinkVotes, nowMs: number): ShrinkVotes {
  const sinceMs = nowMs - votes.shrunkAtMs;
  if (sinceMs < REGRET * votes.keepMs) {
    return { ...needed(votes, nowMs), keepMs: Math.min(votes.keepMs * 2, MOST_KEEP_MS), shrunkAtMs: -Infinity };
  }
  const wasLongAgo = sinceMs > 10 * votes.keepMs && sinceMs < Infinity;
  return { ...needed(votes, nowMs), keepMs: wasLongAgo ? Math.max(KEEP_MS, votes.keepMs / 2) : votes.keepMs };
}
