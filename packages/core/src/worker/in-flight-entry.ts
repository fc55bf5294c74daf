import type { Assignee, Assignment, Task } from '../task/task.js';

/**
 * One task's entry in a worker's hand, and what is known of this try. Places are made once and used again: what only
 * tasks in flight need costs the million that wait nothing.
 */
export class InFlightEntry implements Assignment {
  readonly slot: number;
  readonly assignee: Assignee;
  /** Names the try between parent and worker. While the entry is free: the last one it had. */
  wireId = 0;
  /** Undefined while the entry is free. */
  task: Task | undefined;
  /**
   * The result of this try is not wanted any more. The task itself is free to settle or to run again elsewhere; the entry
   * stays taken until the worker has answered for it.
   */
  isAbandoned = false;
  /** It was taken back before it began: the worker will answer, and never run it. */
  isRevoked = false;
  /** Its handler has returned; the result is still on its way. */
  hasReturned = false;
  /** Index of its handler in the worker's own list. */
  handler = 0;
  /** Host clock; NaN until then. The same for all that leave together: looking at the clock for each costs 45 ns. */
  assignedAt = NaN;
  sentAt = NaN;
  /** Execution time expected of it, ms; what it adds to its worker's work ahead. */
  expectedMs = 0;

  isWarm: boolean | undefined;

  constructor(slot: number, assignee: Assignee) {
    this.slot = slot;
    this.assignee = assignee;
  }
}

/** The tasks of entries that are taken and not abandoned. */
export function wantedTasks(entries: readonly InFlightEntry[]): Task[] {
  const tasks: Task[] = [];
  for (const { task, isAbandoned } of entries) if (task !== undefined && !isAbandoned) tasks.push(task);
  return tasks;
}
