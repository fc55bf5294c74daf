import { channel } from 'node:diagnostics_channel';
import { CHANNELS, type TaskMessage, type TraceOutcome } from '../contract/trace.js';
import type { Task } from '../task/task.js';
import type { ResultRow } from '../worker/result-row.js';

const tasks = channel(CHANNELS.task);

/** Publishes the ten stamps of a try, if anybody listens; while the task is still in its worker's hand. `row` is undefined for a try whose result never came. */
export function publishTrace(
  pool: object,
  task: Task,
  outcome: TraceOutcome,
  settledAt: number,
  row?: ResultRow,
): void {
  if (!tasks.hasSubscribers) return;
  const message: TaskMessage = {
    pool,
    trace: {
      taskId: task.id,
      task: task.name,
      attempt: task.attempt,
      workerId: task.holder?.id ?? 0,
      outcome,
      submittedAt: task.queuedAt,
      assignedAt: task.assignedAt,
      sentAt: task.sentAt,
      receivedAt: row?.receivedAt ?? NaN,
      decodedAt: row?.decodedAt ?? NaN,
      startedAt: row?.startedAt ?? NaN,
      endedAt: row?.endedAt ?? NaN,
      repliedAt: row?.repliedAt ?? NaN,
      returnedAt: row?.returnedAt ?? NaN,
      settledAt,
    },
  };
  tasks.publish(message);
}
