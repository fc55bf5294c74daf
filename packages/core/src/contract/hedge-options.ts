/**
 * When a task that takes long is run a second time beside the first. The first result counts, and the other run is cancelled. Only
 * for tasks with `idempotent: true`, whose inputs are not moved, and only on a worker that has nothing to do. The further run takes
 * its own share of each limit of the name. It does not begin while a limit would hold it back. Without effect for items of a batch,
 * for streams, and for calls of `start`.
 */
export interface HedgeOptions {
  /**
   * Time from the hand-over to a worker until the task is run again: milliseconds of 1 or more. 'p95': the time within which 95 %
   * of the runs of its name ended so far. Before 100 runs, 'p95' runs nothing again. @defaultValue 'p95'
   */
  after?: 'p95' | number;
  /** Most further runs of one try. Each begins `after` later than the one before it. 1 to 10. @defaultValue 1 */
  max?: number;
  /** Most further runs as a share of the tasks of the name, and ten more; 0 to 1. @defaultValue 0.05 */
  budget?: number;
}
