/** What one side may ask of the other: by topic, what it says and what it hears. */
export type Topics<T> = { readonly [K in keyof T]: { readonly asked: unknown; readonly answer: unknown } };

/** What workers ask their parent. */
export interface WorkerTopics {
  /** Answered once all progress that was sent before has been read; see child/progress.ts. */
  progressTaken: { readonly asked: undefined; readonly answer: undefined };
}

/** What a parent asks its workers: nothing yet. */
export type ParentTopics = Record<never, never>;
