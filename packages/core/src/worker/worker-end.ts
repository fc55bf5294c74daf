import type { DeathReport, PoolError } from '../contract/errors.js';
import type { TransportExit } from '../transport/transport.js';
import type { Task } from '../task/task.js';
import { wantedTasks, type Place } from './place.js';

/** How a worker ended and what it had in hand. */
export interface WorkerEnd {
  report: DeathReport;
  /**
   * asked: the pool had told it to go. killed: the pool ended it for a task that would not end. failedToStart: it
   * never became ready. died: all else.
   */
  how: 'asked' | 'killed' | 'failedToStart' | 'died';
  /** Why it never became ready. */
  startError: PoolError<'ERR_WORKER_START'> | undefined;
  /** An error of our own side that made us end it. */
  fault: Error | undefined;
  /** Tasks that were running: one of them, or something that ended before, is to blame. */
  running: Task[];
  /** How many ran at that moment, those nobody waited for any more included. */
  runningCount: number;
  /** When the earliest of them began, host clock; NaN if none ran. */
  runningSince: number;
  /** Tasks that were not running: sent ahead and never begun, or done with their result lost on the way. */
  others: Task[];
}

/** What is known of a worker that has just ended. */
interface EndedWorker {
  readonly id: number;
  readonly pid: number | undefined;
  readonly threadId: number | undefined;
  readonly vitals: { readonly rssBytes: number };
  readonly uptimeMs: number;
  readonly concurrency: number;
  readonly hand: {
    /** All that was in hand, oldest first. */
    all(): readonly Place[];
    /** When its handler was called, if it was. */
    startedAt(place: Place): number | undefined;
  };
}

/** How a worker ended and what it had in hand. Reads the claim board, which must still be there. */
export function workerEnd(
  worker: EndedWorker,
  exit: TransportExit,
  why: Pick<WorkerEnd, 'how' | 'startError' | 'fault'>,
): WorkerEnd {
  const { running, runningSince, others } = sortRemains(worker);
  return {
    report: deathReport(worker, exit, running),
    ...why,
    running: wantedTasks(running),
    runningCount: running.length,
    runningSince,
    others: wantedTasks(others),
  };
}

/** What a worker had in hand at its end, sorted by what the claim board says of it. */
interface Remains {
  running: Place[];
  runningSince: number;
  others: Place[];
}

/** Tells what was running from what was not. */
function sortRemains({ hand, concurrency }: EndedWorker): Remains {
  const places = hand.all();
  const starts = places.map((place) => hand.startedAt(place));
  const begun = starts.filter((at) => at !== undefined);
  // One at a time: whatever began before the last one had ended, and only its result was lost. Several that were claimed
  // as one run began, as far as is known, together.
  const runningFrom = concurrency === 1 ? Math.max(...begun) : -Infinity;
  const isRunning = (at: number | undefined): boolean => at !== undefined && at >= runningFrom;
  return {
    running: places.filter((_, index) => isRunning(starts[index])),
    runningSince: begun.length === 0 ? NaN : Math.min(...begun.filter(isRunning)),
    others: places.filter((_, index) => !isRunning(starts[index])),
  };
}

function deathReport(worker: EndedWorker, exit: TransportExit, running: readonly Place[]): DeathReport {
  return {
    workerId: worker.id,
    pid: worker.pid,
    threadId: worker.threadId,
    exitCode: exit.code,
    signal: exit.signal,
    runningTasks: running.map(({ task }) => task?.name ?? ''),
    uptimeMs: worker.uptimeMs,
    stderrTail: exit.stderrTail,
    outOfMemory: exit.outOfMemory,
    rssBytes: worker.vitals.rssBytes,
    lastSection: exit.lastSection,
  };
}
