/** The further runs of a task that took long. @typeParam T tasks */
export interface Twins<T> {
  /** Number of them that have begun beside its present try. */
  begun: number;
  /** Whether any is under way. */
  readonly areUnderWay: boolean;
  add(twin: T): void;
  /** Forgets one whose result is that of its task. */
  drop(twin: T): void;
  /** Forgets one that gave no result. */
  remove(twin: T): void;
  /** Cancels those that are under way, since the task has settled. */
  taskSettled(): void;
  /** Calls back when none of them is under way any more. False when none is. */
  whenGone(callback: () => void): boolean;
}

/** Data that few tasks have: those with more than one try, or with a worker that died on them. @typeParam T tasks */
export interface TaskHistory<T> {
  /** Number of starts of its handler, the next one included. */
  attempt: number;
  /** Number of tries that its `retry` has paid for. */
  retries: number;
  /** Time when this try became due, host clock; undefined for the first. */
  dueAt: number | undefined;
  /** Time when the try before this one ended, host clock; undefined for the first. */
  failedAt: number | undefined;
  /** Number of workers that died while it was running. */
  crashes: number;
  /** Number of workers that died while they decoded its input. */
  decodeDeaths: number;
  /**
   * Whether it must run alone, and waits for a worker that becomes empty. It was running with others when their worker died, and
   * must show whether it is to blame. Or it is exclusive, and its turn has come.
   */
  mustRunAlone: boolean;
  /** Whether its input was moved to a worker, so that it cannot be sent again. */
  isSpent: boolean;
  /** Error of its latest try, if another one follows. */
  failure: { readonly error: unknown } | undefined;
  /** Whether it has run for its `slowMs`. */
  isSlow: boolean;
  /** Further runs of it; undefined before the first. */
  twins: Twins<T> | undefined;
  /** The task that this one is a further run of. It settles when one of them does, and no count has it. */
  twinOf: T | undefined;
}
