import { channel } from 'node:diagnostics_channel';
import { debugLog, poolName } from '../base/debug-log.js';
import { queueMicrotask } from '../base/natives.js';
import { isPoolError } from '../contract/errors.js';
import { type BatchMessage, CHANNELS, type TaskMessage, type TraceOutcome } from '../contract/trace.js';
import { inputHash } from '../task/input-hash.js';
import type { Task } from '../task/task.js';
import type { WireThrown } from '../wire/error-nodes.js';
import { STATUS } from '../wire/record.js';
import type { ResultRow } from '../worker/result-row.js';

const tasks = channel(CHANNELS.task);
const log = debugLog('dispatch');
const batches = channel(CHANNELS.batch);
/** Pools whose traces have hashes of inputs. Tasks have no field for it: a queued one would take 8 bytes more. */
const hashing = new WeakSet<object>();

/** Begins or ends to hash the inputs of a pool, for its traces. */
export function hashInputs(pool: object, isOn: boolean): void {
  if (isOn) hashing.add(pool);
  else hashing.delete(pool);
}

/**
 * Publishes the ten stamps of a try, if there is a listener. Must be called while the task knows its worker. Listeners hear of it
 * before the caller, but only after the pool has dealt with it. They may run anything, even cancel tasks or end the pool.
 * @param told what the worker reported: its result, or at least its start; nothing for a try that never ran
 * @param refusal error with which the pool rejects the task itself
 */
export function publishTrace(
  pool: object,
  task: Task,
  outcome: TraceOutcome,
  settledAt: number,
  told: Partial<ResultRow> = {},
  refusal?: unknown,
): void {
  if (log.isOn) {
    const workerId = task.assignment?.assignee.id ?? 0;
    log.write(
      '%s: task %d "%s", try %d, worker %d: %s',
      poolName(pool),
      task.id,
      task.name,
      task.attempt,
      workerId,
      outcome,
    );
  }
  if (!tasks.hasSubscribers) return;
  const message: TaskMessage = {
    pool,
    trace: {
      taskId: task.id,
      task: task.name,
      attempt: task.attempt,
      workerId: task.assignment?.assignee.id ?? 0,
      outcome,
      errorName: told.status === STATUS.error ? errorName(told.thrown) : nameOf(refusal),
      limitWaitMs: Math.max(0, task.extras.ticket?.limitWaitMs ?? 0),
      batchWaitMs: batchWaitMs(task),
      encodeMs: task.encodedNs === 0 ? NaN : (task.encodedNs - 1) / 1e6,
      backoffMs: task.backoffMs,
      traceparent: task.extras.headers?.['traceparent'],
      inputHash: hashing.has(pool) ? hashOf(task) : 0,
      inputBytes: task.totalBytes + (task.aside?.clonedBytes ?? 0),
      outputBytes: told.tracedBytes ?? 0,
      submittedAt: task.dueAt,
      assignedAt: task.assignment?.assignedAt ?? NaN,
      sentAt: task.assignment?.sentAt ?? NaN,
      receivedAt: told.receivedAt ?? NaN,
      decodedAt: told.decodedAt ?? NaN,
      startedAt: told.startedAt ?? NaN,
      endedAt: told.endedAt ?? NaN,
      repliedAt: told.repliedAt ?? NaN,
      returnedAt: told.returnedAt ?? NaN,
      settledAt,
    },
  };
  queueMicrotask(() => tasks.publish(message));
}

/** An input with parts beside its bytes has none. */
function hashOf({ chunk, aside, inputAt, inputBytes }: Task): number {
  return chunk === undefined || aside !== undefined ? 0 : inputHash(chunk, inputAt, inputAt + inputBytes);
}

/** Time for which a task waited until its batch was due. */
function batchWaitMs({ assignment, dueAt }: Task): number {
  const batch = assignment?.call?.batch;
  if (assignment === undefined || batch === undefined) return 0;
  const readyAt = Math.min(batch.readyAt, assignment.assignedAt);
  return readyAt > dueAt ? readyAt - dueAt : 0;
}

/** Name and code of an error with which the pool refuses a try; empty for another value. */
function nameOf(refusal: unknown): string {
  return isPoolError(refusal) ? `${refusal.name} ${refusal.code}` : '';
}

/** Name and code of a thrown error, or the type of another value. */
function errorName(thrown: WireThrown | undefined): string {
  const { root, nodes } = thrown ?? { root: { value: undefined }, nodes: [] };
  const node = 'node' in root ? nodes[root.node] : undefined;
  if (node === undefined || !('error' in node)) return 'value' in root ? typeof root.value : 'object';
  const { name, props } = node.error;
  const code = props.find(([key]) => key === 'code')?.[1];
  return code !== undefined && 'value' in code && typeof code.value === 'string' ? `${name} ${code.value}` : name;
}

/** Publishes a batch that has left for a worker, if there is a listener. */
export function publishBatch(message: BatchMessage): void {
  if (batches.hasSubscribers) queueMicrotask(() => batches.publish(message));
}
