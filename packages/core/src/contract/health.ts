/** Limits of `health()`. Each is the highest good value. */
export interface HealthLimits {
  /**
   * Deaths of ready workers and failed starts within `restart.withinMs`. @defaultValue half of `restart.max`, rounded down: more
   * than the whole of it ends the pool
   */
  restarts?: number;
  /** Age of the oldest waiting task, in milliseconds. @defaultValue half of `queue.timeoutMs`, or 10_000 without one */
  queueAgeMs?: number;
  /** Number of waiting tasks. @defaultValue 80 % of `queue.max` */
  queueLength?: number;
  /** Share of the memory limit in use, 0 to 1. @defaultValue 0.8, at which the pool gives up workers */
  memory?: number;
  /** Share of failed tasks in the last minute, 0 to 1. Fewer than 20 tasks say nothing. @defaultValue 0.5 */
  errorRate?: number;
  /** Longest delay of this program's event loop in the last minute, in milliseconds. @defaultValue 500 */
  eventLoopLagMs?: number;
}

/** One check of `health()`. */
export interface HealthCheck {
  /**
   * - `state`: value is the state of the pool; good is 'open'.
   * - `workers`: number of ready workers; `limit` is the least number that there should be.
   * - `restarts`, `queueAge`, `queueLength`, `memory`, `errorRate`, `eventLoopLag`: see {@link HealthLimits}.
   */
  name: 'state' | 'workers' | 'restarts' | 'queueAge' | 'queueLength' | 'memory' | 'errorRate' | 'eventLoopLag';
  ok: boolean;
  value: number | string;
  limit: number | string;
  /**
   * Time since when `ok` is what it is, in ms since the epoch. The pool looks once a second while it has work, and at each call.
   */
  since: number;
}

/** Whether a pool does its work, as an answer for a probe. */
export interface PoolHealth {
  /**
   * 'ok': all checks are good. 'failing': the pool is not open, or it has had no ready worker for 10 s though it should.
   * 'degraded': anything else, as while the first workers start.
   */
  status: 'ok' | 'degraded' | 'failing';
  checks: HealthCheck[];
}
