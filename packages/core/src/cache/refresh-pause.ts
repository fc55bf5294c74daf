/**
 * Pause after a failed execution for a new result, while the old one still answers. It doubles with each failure in a row. Calls of
 * a hot key would otherwise begin the next one at once. Choices.
 */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

/** Executions for a new result that failed in a row, and the time before which there is no other. */
export interface FailedRefreshes {
  readonly count: number;
  readonly untilMs: number;
}

/** The same after one more failure. */
export function afterFailure(before: FailedRefreshes | undefined, nowMs: number): FailedRefreshes {
  const count = (before?.count ?? 0) + 1;
  return { count, untilMs: nowMs + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(count - 1, 16)) };
}
