/** Requests that one side may make: for each topic, the question and the answer. */
export type Topics<T> = { readonly [K in keyof T]: { readonly asked: unknown; readonly answer: unknown } };

/** Requests of workers to their parent. */
export interface WorkerTopics {
  /** Answered once all progress that was sent before has been read; see child/progress.ts. */
  progressTaken: { readonly asked: undefined; readonly answer: undefined };
}

/** Requests of a parent to its workers: none yet. */
export type ParentTopics = Record<never, never>;
