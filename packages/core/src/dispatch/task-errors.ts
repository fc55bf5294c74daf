import { shortName } from '../base/bounded-names.js';
import { moduleFile } from '../base/module-file.js';
import { nearestName } from '../base/nearest.js';
import { type DeathReport, type DroppedBy, PoolError, type Refusal } from '../contract/errors.js';
import type { Task } from '../task/task.js';
import type { WireThrown } from '../wire/error-nodes.js';

export function tookTooLong(
  task: Task,
  workerId: number,
  ranMs: number,
  by: 'timeoutMs' | 'deadline',
  stack?: string,
): PoolError<'ERR_TASK_TIMEOUT'> {
  const limitMs = by === 'timeoutMs' ? task.timeoutMs : task.deadlineMs - task.submittedAt;
  return new PoolError('ERR_TASK_TIMEOUT', { task: task.name, ranMs, limitMs, workerId, by, stack });
}

export function waitedTooLong(task: Task, nowMs: number, queued: number): PoolError<'ERR_QUEUE_TIMEOUT'> {
  const leftMs = task.deadlineMs - task.dueAt;
  const { queueTimeoutMs } = task.settings;
  const deadline = leftMs <= queueTimeoutMs ? task.deadlineEpochMs : undefined;
  const limitMs = Math.min(queueTimeoutMs, leftMs);
  return new PoolError('ERR_QUEUE_TIMEOUT', {
    task: task.name,
    waitedMs: nowMs - task.dueAt,
    limitMs,
    queued,
    deadline,
  });
}

export function notFound(name: string, moduleUrl: string, known: string[]): PoolError<'ERR_TASK_NOT_FOUND'> {
  const task = shortName(name);
  const module = moduleFile(moduleUrl);
  return new PoolError('ERR_TASK_NOT_FOUND', { task, module, known, nearest: nearestName(task, known) });
}

export function notSerializable(
  task: Task,
  what: 'input' | 'result',
  { reason, bytes, limitBytes }: Refusal,
): PoolError<'ERR_NOT_SERIALIZABLE' | 'ERR_PAYLOAD_TOO_LARGE'> {
  if (bytes !== undefined && limitBytes !== undefined) {
    return new PoolError('ERR_PAYLOAD_TOO_LARGE', { task: task.name, what, bytes, limitBytes });
  }
  return new PoolError('ERR_NOT_SERIALIZABLE', { task: task.name, what, reason });
}

export function crashed(
  task: Task,
  death: DeathReport,
  cause?: Error,
  suspects?: number,
): PoolError<'ERR_WORKER_OOM' | 'ERR_WORKER_CRASHED'> {
  const code = death.outOfMemory !== undefined ? 'ERR_WORKER_OOM' : 'ERR_WORKER_CRASHED';
  const details = suspects === undefined ? { task: task.name, death } : { task: task.name, death, suspects };
  return new PoolError(code, details, cause === undefined ? {} : { cause });
}

export function resultLost(task: Task, death: DeathReport): PoolError<'ERR_WORKER_CRASHED'> {
  return new PoolError('ERR_WORKER_CRASHED', { task: task.name, death, resultLost: true });
}

export function dropped(task: Task, pool: string, by: DroppedBy): PoolError<'ERR_TASK_DROPPED'> {
  const { failure } = task;
  const details = { task: task.name, pool, by, starts: task.attempt - 1 };
  return new PoolError('ERR_TASK_DROPPED', details, failure === undefined ? {} : { cause: failure.error });
}

/** The error of a task whose batch handler returned no result for each of its items. */
export function wrongResults(task: Task, { call }: WireThrown): PoolError<'ERR_BATCH_RESULTS'> {
  const { inputs = 0, outputs = undefined, got = 'undefined' } = call?.how === 'results' ? call : {};
  return new PoolError('ERR_BATCH_RESULTS', { task: task.name, inputs, outputs, got });
}

/** Adds the origin to an error of the handler, unless the error has an `origin` of its own. */
export function withOrigin(error: Error, task: Task, workerId: number): Error {
  if ('origin' in error) return error;
  const value = { task: task.name, taskId: task.id, attempt: task.attempt, workerId };
  Object.defineProperty(error, 'origin', { value, enumerable: false, configurable: true });
  return error;
}
