import type { BreakerOptions } from './breaker-options.js';

/** Rules of a circuit breaker, with every default filled in. Times are in ms. */
export interface ResolvedBreaker {
  /** Infinity for none. */
  readonly consecutive: number;
  /** Infinity for none. */
  readonly failureShare: number;
  readonly slowShare: number;
  readonly slowMs: number;
  readonly windowMs: number;
  readonly minCalls: number;
  readonly openMs: number;
  readonly maxOpenMs: number;
  readonly probes: number;
  readonly probeMs: number;
  readonly on: ((error: unknown) => boolean) | undefined;
  readonly crashes: boolean;
  readonly key: ((input: unknown) => string) | undefined;
  readonly fallback: ((error: unknown, input: unknown) => unknown) | undefined;
  readonly dryRun: boolean;
}

const DEFAULTS = {
  consecutive: 5,
  windowMs: 10_000,
  minCalls: 20,
  openMs: 10_000,
  probes: 1,
  probeMs: 10_000,
} as const;

/** @param given checked; false turns off the breaker of the pool */
export function resolveBreaker(given: false | BreakerOptions): ResolvedBreaker | undefined {
  if (given === false) return undefined;
  const { failureShare, slowShare, openMs = DEFAULTS.openMs } = given;
  const hasShare = failureShare !== undefined || slowShare !== undefined;
  return Object.freeze({
    consecutive: given.consecutive ?? (hasShare ? Infinity : DEFAULTS.consecutive),
    failureShare: failureShare ?? Infinity,
    slowShare: slowShare ?? Infinity,
    slowMs: given.slowMs ?? Infinity,
    windowMs: given.windowMs ?? DEFAULTS.windowMs,
    minCalls: given.minCalls ?? DEFAULTS.minCalls,
    openMs,
    maxOpenMs: given.maxOpenMs ?? openMs,
    probes: given.probes ?? DEFAULTS.probes,
    probeMs: given.probeMs ?? DEFAULTS.probeMs,
    on: given.on,
    crashes: given.crashes ?? false,
    key: given.key as ResolvedBreaker['key'],
    fallback: given.fallback as ResolvedBreaker['fallback'],
    dryRun: given.dryRun ?? false,
  });
}
