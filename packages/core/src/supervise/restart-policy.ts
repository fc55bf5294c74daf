import { nextDelayMs } from '../base/backoff.js';
import { plural } from '../base/format-count.js';

/** Record of how workers ended. Plain data. */
export interface RestartHistory {
  /** Failed starts since the last worker became ready. */
  readonly failedStarts: number;
  /** Deaths of ready workers within the window, host clock. */
  readonly deaths: readonly number[];
  /** Deaths since the last healthy stretch; the exponent of the delay. */
  readonly deathsInARow: number;
}

export interface RestartLimits {
  readonly max: number;
  readonly withinMs: number;
}

/** Data of a worker that ended without a request. */
export interface UnexpectedEnd {
  readonly wasReady: boolean;
  readonly uptimeMs: number;
  /** Tasks that it had finished. */
  readonly tasksDone: number;
}

export type RestartDecision = { action: 'restart'; delayMs: number } | { action: 'giveUp'; reason: string };

export const NO_HISTORY: RestartHistory = { failedStarts: 0, deaths: [], deathsInARow: 0 };

/**
 * Failed starts without one success that end a pool with no ready worker. systemd gives up after as many (StartLimitBurst). Their
 * delays give a passing cause up to 1.5 s to end.
 */
const MAX_FAILED_STARTS = 5;
/**
 * Bounds of the first delay before a restart, and of the longest. The first is systemd's (RestartSec). At the longest, the
 * mean delay is 2.5 s. A worker that dies in its start then takes 2 % of a core, 45 ms each time. At half it takes 4 %; at
 * double, a cause that has passed is noticed 5 s later.
 */
const BASE_MS = 100;
const MAX_MS = 5000;
/**
 * A worker that lived this long, as in pm2, or finished a task, was healthy. The next restart is immediate again. Its death is more
 * likely due to a task than to the module. A wait after one bad item in a hundred would gain a batch nothing. The limits stop
 * what cannot go on.
 */
const HEALTHY_MS = 30_000;

/** Notes that a worker became ready, so that the module can start. */
export function afterReady(history: RestartHistory): RestartHistory {
  return { ...history, failedStarts: 0 };
}

/**
 * Notes that a worker ended by itself. The first restart is immediate. The next ones wait 100 ms · 2ⁿ up to 5 s with full
 * jitter, until a worker was healthy. Beyond `limits` deaths in the window, or five failed starts in a row, the pool gives
 * up. The fault is then in the module or the machine, and restarting only burns CPU. Failed starts end no pool that has ready
 * workers. Those show that the module can start, and the machine may only lack room for one more.
 */
export function afterUnexpectedEnd(
  history: RestartHistory,
  end: UnexpectedEnd & { nowMs: number; random: number; hasOthers: boolean },
  limits: RestartLimits,
): { history: RestartHistory; decision: RestartDecision } {
  if (!end.wasReady) {
    const failedStarts = history.failedStarts + 1;
    const next = { ...history, failedStarts };
    if (failedStarts >= MAX_FAILED_STARTS && !end.hasOthers) {
      return {
        history: next,
        decision: { action: 'giveUp', reason: `${failedStarts} workers in a row failed to start.` },
      };
    }
    const delayMs = nextDelayMs(failedStarts, BASE_MS, MAX_MS, end.random);
    return { history: next, decision: { action: 'restart', delayMs } };
  }
  const deaths = [...history.deaths.filter((at) => at > end.nowMs - limits.withinMs), end.nowMs];
  const wasHealthy = end.uptimeMs >= HEALTHY_MS || end.tasksDone > 0;
  const deathsInARow = wasHealthy ? 1 : history.deathsInARow + 1;
  const next = { ...history, deaths, deathsInARow };
  if (deaths.length > limits.max) {
    const reason = `${plural(deaths.length, 'worker')} died within ${limits.withinMs} ms (restart.max is ${limits.max}).`;
    return { history: next, decision: { action: 'giveUp', reason } };
  }
  const delayMs = deathsInARow <= 1 ? 0 : nextDelayMs(deathsInARow - 1, BASE_MS, MAX_MS, end.random);
  return { history: next, decision: { action: 'restart', delayMs } };
}
