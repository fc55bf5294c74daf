import type { Refusal } from '../contract/errors.js';
import type { SectionDelta } from '../contract/trace.js';
import type { Task } from '../task/task.js';
import type { ResultRow } from './result-row.js';
import type { HandlerUse } from './use-meter.js';
import type { WorkerEnd } from './worker-end.js';
import type { Worker } from './worker.js';

/** Whom a worker tells. Given once, at construction; all calls come from the event loop, none from inside a call down. */
export interface WorkerListener {
  ready(worker: Worker): void;
  /** One row of a results frame. The task is out of hand already. */
  result(worker: Worker, task: Task, row: ResultRow): void;
  /** A whole frame of results was read: there may be room now. */
  settled(worker: Worker): void;
  /** It has told of itself: `vitals` is new. @param uses what the tasks of its handlers did to it since then, by index */
  reported(worker: Worker, uses: readonly HandlerUse[]): void;
  refused(worker: Worker, task: Task, refusal: Refusal): void;
  progress(worker: Worker, task: Task, value: unknown): void;
  timedOut(worker: Worker, task: Task, ranMs: number | undefined, by: 'timeoutMs' | 'deadline'): void;
  sections(worker: Worker, sections: SectionDelta[]): void;
  exited(worker: Worker, end: WorkerEnd): void;
}
