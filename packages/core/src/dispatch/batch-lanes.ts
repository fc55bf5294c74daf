import { MOST_ITEMS } from '../contract/batch-shape.js';
import type { BatchReason } from '../contract/trace.js';
import type { BatchTask } from '../task/batch-task.js';
import type { Task } from '../task/task.js';
import type { TypeBatches } from '../task/type-batches.js';

/** The batches of one name that take items of one priority, one key, and one line of its limits. */
export interface BatchLane {
  /** Takes new items. */
  open: BatchTask | undefined;
  /** Takes items that come back from a worker, which have waited once. */
  returned: BatchTask | undefined;
}

/** A lane of tasks without any key. */
interface PlainLane {
  readonly batches: TypeBatches;
  readonly priority: number;
  readonly lane: BatchLane;
}

/** Which batch a task may join, by what its items have in common. */
export class BatchLanes {
  /** By name, and by what their items have in common. Those with keys are there while they have an open batch. */
  readonly #lanes = new Map<TypeBatches, Map<string, BatchLane>>();
  /** The lane without keys used last, which is mostly the one used next. */
  #latest: PlainLane | undefined;

  /** The lane of a task. */
  of(task: Task): BatchLane {
    const batches = batchesOf(task);
    const isPlain = isPlainTask(task);
    const latest = this.#latest;
    if (isPlain && latest?.batches === batches && latest.priority === task.priority) return latest.lane;
    let lanes = this.#lanes.get(batches);
    if (lanes === undefined) this.#lanes.set(batches, (lanes = new Map<string, BatchLane>()));
    const name = laneName(task);
    let lane = lanes.get(name);
    if (lane === undefined) lanes.set(name, (lane = { open: undefined, returned: undefined }));
    if (isPlain) this.#latest = { batches, priority: task.priority, lane };
    return lane;
  }

  /** The batch that a task would join; undefined when it would begin one. */
  openFor(task: Task): BatchTask | undefined {
    return this.#lanes.get(batchesOf(task))?.get(laneName(task))?.open;
  }

  /** All batches that take new items. */
  open(): BatchTask[] {
    const lanes = [...this.#lanes.values()].flatMap((all) => [...all.values()]);
    return lanes.flatMap(({ open }) => open ?? []);
  }

  /** Drops a batch from its lane. Drops the lane if it is empty and has a key, since users' data can name any number of those. */
  forget(batch: BatchTask): void {
    const lane = this.of(batch);
    if (lane.open === batch) lane.open = undefined;
    if (lane.returned === batch) lane.returned = undefined;
    if (isPlainTask(batch) || lane.open !== undefined || lane.returned !== undefined) return;
    this.#lanes.get(batchesOf(batch))?.delete(laneName(batch));
  }
}

/** Batches of a task whose handler takes lists. */
export function batchesOf({ type }: Task): TypeBatches {
  return type.batches as TypeBatches;
}

/** Whether it has no key, neither of its own nor of the limits of its name. */
function isPlainTask({ extras: { key, ticket } }: Task): boolean {
  return key === undefined && (ticket === undefined || ticket.line === '');
}

/** A name of what the items of a batch have in common. The length of the key tells where it ends. */
function laneName(task: Task): string {
  const { priority, extras } = task;
  if (isPlainTask(task)) return String(priority);
  const { key, ticket } = extras;
  return `${priority} ${key === undefined ? '' : `${key.length} ${key}`} ${ticket?.line ?? ''}`;
}

/** The rule that keeps a task out of a batch; undefined if it may join. */
export function overBy(batch: BatchTask, task: Task, { rules }: TypeBatches): BatchReason | undefined {
  if (batch.members.size >= MOST_ITEMS) return 'size';
  if (batch.hasKeyOf(task)) return undefined;
  if (batch.bytes + task.totalBytes > rules.maxBytes) return 'bytes';
  return batch.mayCost(task) ? undefined : 'limit';
}
