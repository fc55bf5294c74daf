import type { Host } from '../host.js';
import type { TaskUse } from '../task-use.js';

/** Parts of a Host that its profiler needs. */
export type ProfiledHost = Pick<Host, 'isInline' | 'sendNow' | 'watchBlocked'>;

/** The tasks of a worker, as its profiler needs them. */
export interface ProfiledTasks {
  /** Names of its handlers, by index. */
  readonly handlers: readonly string[];
  readonly uses: readonly TaskUse[];
  /** Most calls at one time. */
  concurrency(): number;
  /** Whether no task waits and none runs. */
  isIdle(): boolean;
  /** Sends sections and metrics that were not sent. */
  report(): void;
}
