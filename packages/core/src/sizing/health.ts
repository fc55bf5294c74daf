import type { HealthCheck, HealthLimits, PoolHealth } from '../contract/health.js';

/** A check without its history. */
export type Check = Omit<HealthCheck, 'since'>;

/** A check with its history. */
export interface NotedCheck extends HealthCheck {
  /** Time for which `ok` has been what it is, on a clock that is never set, ms. `since` moves when the time of day is set. */
  readonly lastsMs: number;
}

/** A moment, on the clock of the host and by the time of day, ms. */
export interface Moment {
  readonly hostMs: number;
  readonly epochMs: number;
}

/** What a pool is like now. */
export interface HealthView {
  readonly ready: number;
  /** Number of ready workers that there should be. */
  readonly least: number;
  /** Deaths and failed starts lately. */
  readonly restarts: number;
  readonly queueAgeMs: number;
  readonly queueLength: number;
  /** Share of the memory limit in use; undefined while it is unknown. */
  readonly memory: number | undefined;
  /** Tasks of the last minute that completed or failed, and the share of failed ones. */
  readonly ended: number;
  readonly errorRate: number;
  readonly eventLoopLagMs: number;
}

/** With fewer tasks, one failure would be a large share: with 20 it is 5 %. */
const ENOUGH_ENDED = 20;
/**
 * Time without a ready worker after which a pool counts as failing. After deaths, the next start waits for up to 5 s
 * (supervise/restart-policy.ts). At half, one such wait would be a failure.
 */
const FAILING_AFTER_MS = 10_000;

/** All checks of a pool's workers and tasks, in the order in which they are shown. */
export function checksOf(view: HealthView, limits: Readonly<Required<HealthLimits>>): Check[] {
  const upTo = (name: Check['name'], value: number, limit: number): Check => ({
    name,
    ok: value <= limit,
    value,
    limit,
  });
  const { ready, least, memory, ended } = view;
  return [
    { name: 'workers', ok: ready >= least, value: ready, limit: least },
    upTo('restarts', view.restarts, limits.restarts),
    upTo('queueAge', view.queueAgeMs, limits.queueAgeMs),
    upTo('queueLength', view.queueLength, limits.queueLength),
    ...(memory === undefined ? [] : [upTo('memory', memory, limits.memory)]),
    upTo('errorRate', ended < ENOUGH_ENDED ? 0 : view.errorRate, limits.errorRate),
    upTo('eventLoopLag', view.eventLoopLagMs, limits.eventLoopLagMs),
  ];
}

/** The word for all checks together. */
export function statusOf(checks: readonly NotedCheck[]): PoolHealth['status'] {
  const bad = checks.filter(({ ok }) => !ok);
  if (bad.length === 0) return 'ok';
  const isFailing = bad.some(
    ({ name, value, lastsMs }) =>
      name === 'state' || (name === 'workers' && value === 0 && lastsMs >= FAILING_AFTER_MS),
  );
  return isFailing ? 'failing' : 'degraded';
}

/** Remembers since when each check is good or bad. */
export class CheckHistory {
  readonly #since = new Map<Check['name'], Moment & { readonly ok: boolean }>();

  /** Adds what was found now. */
  note(checks: readonly Check[], now: Moment): NotedCheck[] {
    return checks.map((check) => {
      let last = this.#since.get(check.name);
      if (last?.ok !== check.ok) this.#since.set(check.name, (last = { ok: check.ok, ...now }));
      return { ...check, since: last.epochMs, lastsMs: now.hostMs - last.hostMs };
    });
  }
}
