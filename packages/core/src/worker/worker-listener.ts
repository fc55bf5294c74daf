import type { Refusal } from '../contract/errors.js';
import type { OutputStream } from '../contract/stdio.js';
import type { SectionDelta, SectionMistakes } from '../contract/trace.js';
import type { Task } from '../task/task.js';
import type { MeasuredMessage, ReadyMessage } from '../wire/messages.js';
import type { ResultRow } from './result-row.js';
import type { HandlerUse } from './use-meter.js';
import type { WorkerEnd } from './worker-end.js';

/** The task that printed a line, as far as events name it. */
export type Printer = Pick<Task, 'id' | 'name'>;

/**
 * Receives a worker's events. Given once, at construction. All calls come from the event loop, none from inside a call to the
 * worker. Its worker is a parameter, so that this file needs no import of the class that calls it.
 */
export interface WorkerListener<W> {
  /** @param batches rules of its batch handlers */
  ready(worker: W, batches: ReadyMessage['batches']): void;
  /** One row of a results frame. The task is not in flight any more. */
  result(worker: W, task: Task, row: ResultRow): void;
  /** A whole frame of results was read, so there may be room now. */
  resultsRead(worker: W): void;
  /** The worker has reported, so `metrics` is new. @param uses what the tasks of its handlers did to it since then, by index */
  reported(worker: W, uses: readonly HandlerUse[]): void;
  /** It has sent what it has measured for profilers. */
  measured(worker: W, message: MeasuredMessage): void;
  refused(worker: W, task: Task, refusal: Refusal): void;
  progress(worker: W, task: Task, value: unknown): void;
  timedOut(worker: W, task: Task, ranMs: number | undefined, by: 'timeoutMs' | 'deadline'): void;
  /** A task has run for its `slowMs`, and still runs. */
  slow(worker: W, task: Task, ranMs: number): void;
  sections(worker: W, sections: SectionDelta[], mistakes: SectionMistakes | undefined): void;
  /** Whether lines of output are wanted now. */
  wantsOutput(): boolean;
  /** @param printer the task that printed it; undefined if that is not certain */
  output(worker: W, stream: OutputStream, line: string, printer: Printer | undefined): void;
  exited(worker: W, end: WorkerEnd): void;
}
