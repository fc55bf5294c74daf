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
  /** Tasks that had begun and not returned: one of them, or something that ended before, is to blame. */
  begun: Task[];
  /** Their number, the abandoned ones included. */
  begunCount: number;
  /** When the earliest of them began, host clock; NaN without any. */
  begunSince: number;
  /** The task whose input was being decoded; its handler was not called. */
  decoding: Task | undefined;
  /** Tasks that had not begun. */
  others: Task[];
}

/** What a worker had in hand at its end, sorted by what board and log say of it. */
export interface Remains {
  readonly begun: readonly Place[];
  readonly begunSince: number;
  readonly decoding: Place | undefined;
  readonly others: readonly Place[];
}

/** What is known of a worker that has just ended. */
interface EndedWorker {
  readonly id: number;
  readonly pid: number | undefined;
  readonly vitals: { readonly rssBytes: number };
  readonly uptimeMs: number;
  readonly remains: Remains;
}

/** How a worker ended and what it had in hand. */
export function workerEnd(
  worker: EndedWorker,
  exit: TransportExit,
  why: Pick<WorkerEnd, 'how' | 'startError' | 'fault'>,
): WorkerEnd {
  const { begun, begunSince, decoding, others } = worker.remains;
  return {
    report: deathReport(worker, exit),
    ...why,
    begun: wantedTasks(begun),
    begunCount: begun.length,
    begunSince,
    decoding: decoding && wantedTasks([decoding])[0],
    others: wantedTasks(others),
  };
}

/**
 * Sorts what was in hand.
 * @param begunAt when each began, or undefined
 * @param decodingId the task whose input was being decoded last, which may have begun since
 */
export function sortRemains(
  places: readonly Place[],
  begunAt: readonly (number | undefined)[],
  decodingId: number,
): Remains {
  const begun = places.filter((_, index) => begunAt[index] !== undefined);
  const rest = places.filter((_, index) => begunAt[index] === undefined);
  const times = begunAt.filter((at) => at !== undefined);
  const decoding = rest.find(({ wireId }) => wireId === decodingId);
  return {
    begun,
    begunSince: times.length === 0 ? NaN : Math.min(...times),
    decoding,
    others: rest.filter((place) => place !== decoding),
  };
}

function deathReport(worker: EndedWorker, exit: TransportExit): DeathReport {
  return {
    workerId: worker.id,
    pid: worker.pid,
    exitCode: exit.code,
    signal: exit.signal,
    runningTasks: worker.remains.begun.map(({ task }) => task?.name ?? ''),
    uptimeMs: worker.uptimeMs,
    stderrTail: exit.stderrTail,
    outOfMemory: exit.outOfMemory,
    rssBytes: worker.vitals.rssBytes,
    lastSection: exit.lastSection,
  };
}
