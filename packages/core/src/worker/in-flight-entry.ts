import type { TaskGrant } from '../limits/task-grant.js';
import type { BatchCall } from '../task/batch-call.js';
import type { Assignee, Assignment, Task } from '../task/task.js';
import type { TryPolicies } from '../task/task-terms.js';

/**
 * The entry of one task in flight, with the data of this try. Entries are reused, so that the data of tasks in flight costs
 * the waiting million nothing.
 */
export class InFlightEntry implements Assignment {
  readonly slot: number;
  readonly assignee: Assignee;
  /** Names the try between parent and worker. A free entry keeps the last one. */
  wireId = 0;
  /** Undefined while the entry is free. */
  task: Task | undefined;
  /**
   * Whether the result of this try is not wanted any more. The task may then settle, or run again elsewhere. The entry stays
   * taken until the worker has answered for it.
   */
  isAbandoned = false;
  /** Whether it was revoked before it began: the worker will answer, and never run it. */
  isRevoked = false;
  /** Whether its handler has returned, with the result still on its way. */
  hasReturned = false;
  /** Index of its handler in the worker's own list. */
  handler = 0;
  /** Host clock; NaN until then. The same for all that leave together, since a look at the clock for each costs 45 ns. */
  assignedAt = NaN;
  sentAt = NaN;
  policies: TryPolicies | undefined;
  call: BatchCall | undefined;
  row = 0;
  /** Expected execution time, ms; its part of its worker's expected work. */
  expectedMs = 0;
  /** What the try has taken of the limits of its name, until it ends or is given back. */
  grant: TaskGrant | undefined;

  constructor(slot: number, assignee: Assignee) {
    this.slot = slot;
    this.assignee = assignee;
  }

  /** Ends what the try has taken of the limits of its name. It gives it back if the handler was not called. */
  endGrant(hasBegun: boolean, nowMs: number): void {
    const { grant } = this;
    if (grant === undefined) return;
    this.grant = undefined;
    if (hasBegun) grant.ended(nowMs, this.row);
    else grant.giveBack();
  }
}

/** The tasks of entries that are taken and not abandoned. */
export function wantedTasks(entries: readonly InFlightEntry[]): Task[] {
  const tasks: Task[] = [];
  for (const { task, isAbandoned } of entries) if (task !== undefined && !isAbandoned) tasks.push(task);
  return tasks;
}
