import type { DeathReport, PoolError } from '../contract/errors.js';
import type { Task } from '../task/task.js';
import type { TransportExit } from '../transport/transport.js';
import { wantedTasks } from './in-flight-entry.js';
import type { Remains } from './remains.js';

/** How a worker ended and what it had in flight. */
export interface WorkerEnd {
  report: DeathReport;
  /**
   * `asked`: the pool had asked it to go. `killed`: the pool ended it for a task that would not end. `failedToStart`: it
   * never became ready. `died`: everything else.
   */
  how: 'asked' | 'killed' | 'failedToStart' | 'died';
  /** Why it never became ready. */
  startError: PoolError<'ERR_WORKER_START'> | undefined;
  /** Whether it was killed because it did not tear down and end in time. */
  isOverdue: boolean;
  /** An error on the pool's own side that made it end the worker. */
  fault: Error | undefined;
  /** Tasks that had begun and not returned. One of them, or code that ended before, is to blame. */
  begun: Task[];
  /** Their number, the abandoned ones included. */
  begunCount: number;
  /** Time when the earliest of them began, host clock; NaN without any. */
  begunSince: number;
  /** Tasks whose handlers had returned, and whose results were lost on their way. */
  lost: Task[];
  /** The task whose input was being decoded; its handler was not called. */
  decoding: Task | undefined;
  /** Tasks that had not begun. */
  others: Task[];
}

/** Data of a worker that has just ended. */
export interface EndedWorker {
  readonly id: number;
  readonly pid: number | undefined;
  readonly threadId: number | undefined;
  readonly metrics: { readonly rssBytes: number };
  readonly uptimeMs: number;
  readonly remains: Remains;
}

/** How a worker ended and what it had in flight. */
export function workerEnd(
  worker: EndedWorker,
  exit: TransportExit,
  { killedFor, ...why }: Pick<WorkerEnd, 'how' | 'startError' | 'isOverdue' | 'fault'> & Pick<DeathReport, 'killedFor'>,
): WorkerEnd {
  const { begun, begunSince, lost, decoding, others } = worker.remains;
  return {
    report: deathReport(worker, exit, killedFor),
    ...why,
    begun: wantedTasks(begun),
    begunCount: begun.length,
    begunSince,
    lost: wantedTasks(lost),
    decoding: decoding && wantedTasks([decoding])[0],
    others: wantedTasks(others),
  };
}

function deathReport(worker: EndedWorker, exit: TransportExit, killedFor: string | undefined): DeathReport {
  return {
    workerId: worker.id,
    pid: worker.pid,
    threadId: worker.threadId,
    exitCode: exit.code,
    signal: exit.signal,
    killedFor,
    runningTasks: worker.remains.begun.map(({ task }) => task?.name ?? ''),
    uptimeMs: worker.uptimeMs,
    stderrTail: exit.stderrTail,
    outOfMemory: exit.outOfMemory,
    rssBytes: worker.metrics.rssBytes,
    lastSection: exit.lastSection,
  };
}
