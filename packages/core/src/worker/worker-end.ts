import { fileURLToPath } from 'node:url';
import { describeExit, PoolError, type DeathReport } from '../contract/errors.js';
import type { TransportExit } from '../transport/transport.js';
import { isGhost, type Cargo, type Ghost } from './in-hand.js';

/** How a worker ended and what it had in hand. */
export interface WorkerEnd<T> {
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
  running: T[];
  /** How many ran at that moment, those nobody waited for any more included. */
  runningCount: number;
  /** When the earliest of them began, host clock; NaN if none ran. */
  runningSince: number;
  /** Tasks that were not running: sent ahead and never begun, or done with their result lost on the way. */
  others: T[];
}

/** What a worker had in hand at its end, sorted by what the claim board says of it. */
export interface Remains<T extends Cargo> {
  running: (T | Ghost)[];
  runningSince: number;
  others: (T | Ghost)[];
}

/**
 * Tells what was running from what was not.
 * @param items all that was in hand, oldest first
 * @param startedAt when the handler was called, if it was
 */
export function sortRemains<T extends Cargo>(
  items: readonly (T | Ghost)[],
  startedAt: (item: T | Ghost) => number | undefined,
  concurrency: number,
): Remains<T> {
  const begun: { item: T | Ghost; at: number }[] = [];
  const others: (T | Ghost)[] = [];
  for (const item of items) {
    const at = startedAt(item);
    if (at === undefined) others.push(item);
    else begun.push({ item, at });
  }
  if (concurrency === 1 && begun.length > 1) {
    // One at a time: whatever began before the last one had ended, and only its result was lost.
    begun.sort((a, b) => b.at - a.at);
    others.push(...begun.splice(1).map(({ item }) => item));
    others.sort((a, b) => a.id - b.id);
  }
  const runningSince = begun.length === 0 ? NaN : Math.min(...begun.map(({ at }) => at));
  return { running: begun.map(({ item }) => item), runningSince, others };
}

export function withoutGhosts<T extends Cargo>(items: readonly (T | Ghost)[]): T[] {
  return items.filter((item): item is T => !isGhost(item));
}

export function deathReport(
  worker: { id: number; pid: number | undefined; vitals: { rssBytes: number } },
  exit: TransportExit,
  uptimeMs: number,
  running: readonly { name: string }[],
): DeathReport {
  return {
    workerId: worker.id,
    pid: worker.pid,
    exitCode: exit.code,
    signal: exit.signal,
    runningTasks: running.map(({ name }) => name),
    uptimeMs,
    stderrTail: exit.stderrTail,
    outOfMemory: exit.outOfMemory,
    rssBytes: worker.vitals.rssBytes,
    lastSection: exit.lastSection,
  };
}

/** Why a worker did not become ready. */
export function startError(
  moduleUrl: string,
  phase: string,
  reason: string,
  cause?: Error,
): PoolError<'ERR_WORKER_START'> {
  const details = { module: fileURLToPath(moduleUrl), phase, reason };
  return new PoolError('ERR_WORKER_START', details, cause === undefined ? {} : { cause });
}

/** Why a worker that ended by itself before it was ready did not become ready. */
export function diedBeforeReady(moduleUrl: string, phase: string, exit: TransportExit): PoolError<'ERR_WORKER_START'> {
  const words = exit.stderrTail.trim();
  const how = describeExit({ exitCode: exit.code, signal: exit.signal });
  const reason = exit.error?.message ?? `it ended with ${how}.${words === '' ? '' : ` Its last words: ${words}`}`;
  return startError(moduleUrl, phase, reason, exit.error);
}
