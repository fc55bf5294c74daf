import type { InFlightTasks } from './in-flight-tasks.js';

/** Handlers that run in a worker. */
export interface RunningCount {
  readonly handlers: number;
  /** Those whose tasks are unsettled, without further runs of tasks. */
  readonly unsettled: number;
}

/**
 * Counts the handlers that run in a worker, by its claim board. Of tasks claimed together, one runs at a time. A handler whose
 * result is not read yet looks as if it ran. The widest concurrency so far therefore bounds the number. The log is not read,
 * since that settles tasks. The oldest come first, so the search mostly ends after a few reads of 0.7 µs.
 */
export function countRunning(assigned: InFlightTasks): RunningCount {
  const runs = new Set<number>();
  let unsettled = 0;
  for (const entry of assigned.all()) {
    if (runs.size === assigned.widest) break;
    const run = entry.hasReturned || entry.isRevoked ? undefined : assigned.claims.runOf(entry);
    if (run === undefined || runs.has(run)) continue;
    runs.add(run);
    if (!entry.isAbandoned && entry.task?.isTwin !== true) unsettled++;
  }
  return { handlers: runs.size, unsettled };
}
