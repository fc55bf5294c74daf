import type { WorkerRelief } from '../contract/relief.js';
import type { PressureLevel } from '../contract/worker-module.js';

/** Requests that one side may make: for each topic, the question and the answer. */
export type Topics<T> = { readonly [K in keyof T]: { readonly asked: unknown; readonly answer: unknown } };

/** Requests of workers to their parent. */
export interface WorkerTopics {
  /** Answered once all progress that was sent before has been read; see child/progress.ts. */
  progressTaken: { readonly asked: undefined; readonly answer: undefined };
  /** What tasks have really used, for the limits of their names; see child/usage-reports.ts. */
  used: { readonly asked: readonly UsedUnits[]; readonly answer: undefined };
}

/** What one task has used, by unit. */
export type UsedUnits = readonly [wireId: number, used: Readonly<Record<string, number>>];

/** Asks a worker to free memory. */
export interface ReliefRequest {
  readonly level: PressureLevel;
  /** Longest time for its hook. */
  readonly hookMs: number;
}

/** Requests of a parent to its workers. */
export interface ParentTopics {
  relieve: {
    readonly asked: ReliefRequest;
    readonly answer: Omit<WorkerRelief, 'workerId' | 'slot' | 'outcome' | 'freedBytes'>;
  };
  /** Asks for all that was measured for profilers. It comes in frames ahead of the answer. */
  measure: { readonly asked: undefined; readonly answer: undefined };
}
