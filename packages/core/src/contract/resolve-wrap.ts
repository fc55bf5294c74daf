import { checkShape, ownOptions } from './checks.js';
import { PoolError } from './errors.js';
import { WRAP, WRAP_CALL } from './option-shapes.js';
import { resolveCache } from './resolve-options.js';
import { checkShaping } from './resolve-shaping.js';
import { BUILT_IN_TASK, resolveTask } from './resolve-task.js';
import type { ResolvedCache, TaskSettings } from './resolved-options.js';
import type { WrapBreakerOptions, WrapCallOptions, WrapPolicies, WrapRateLimit } from './wrap-options.js';

/** Policies of a wrapped function, with every default filled in. */
export interface ResolvedWrap {
  readonly name: string;
  /** Path of the options, for errors. */
  readonly path: string;
  readonly settings: TaskSettings;
  readonly cache: ResolvedCache;
  readonly breaker: (Required<Omit<WrapBreakerOptions, 'on'>> & Pick<WrapBreakerOptions, 'on'>) | undefined;
  readonly concurrency: number;
  readonly limits: readonly WrapRateLimit[];
  readonly whenLimited: 'wait' | 'reject';
  readonly limitsBy: ((input: unknown) => unknown) | undefined;
}

const NO_NAME = 'anonymous';

/** @throws ERR_OPTION for unknown or wrong policies */
export function resolveWrap(given: WrapPolicies, nameOfFunction: string): ResolvedWrap {
  checkShape(given, WRAP);
  const own = ownOptions(given, WRAP);
  const name = own.name ?? (nameOfFunction === '' ? NO_NAME : nameOfFunction);
  const path = `wrap("${name}")`;
  checkShaping(own, path);
  const { max, maxBytes, ...cache } = typeof own.cache === 'object' ? own.cache : {};
  const { concurrency = Infinity, rateLimit = [], whenLimited = 'wait', breaker, ...others } = own;
  const asTask = { ...others, cache: typeof own.cache === 'object' ? cache : own.cache };
  const limits = Array.isArray(rateLimit) ? (rateLimit as readonly WrapRateLimit[]) : [rateLimit as WrapRateLimit];
  return {
    name,
    path,
    settings: resolveTask(asTask, BUILT_IN_TASK),
    cache: resolveCache({ ...(max === undefined ? {} : { max }), ...(maxBytes === undefined ? {} : { maxBytes }) }),
    breaker: breaker === undefined ? undefined : resolveBreaker(breaker),
    concurrency,
    limits: limits.map((limit) => checkLimit(limit, path)),
    whenLimited,
    limitsBy: own.limitsBy as ResolvedWrap['limitsBy'],
  };
}

/** Checks the options of one call, and returns a copy of their own properties. @throws ERR_OPTION */
export function checkWrapCallOptions(options: WrapCallOptions): WrapCallOptions {
  checkShape(options, WRAP_CALL);
  return ownOptions(options, WRAP_CALL);
}

function resolveBreaker(given: WrapBreakerOptions): NonNullable<ResolvedWrap['breaker']> {
  const hasShare = given.failureShare !== undefined || given.slowShare !== undefined;
  const openMs = given.openMs ?? 10_000;
  return {
    consecutive: given.consecutive ?? (hasShare ? Infinity : 5),
    failureShare: given.failureShare ?? Infinity,
    slowShare: given.slowShare ?? Infinity,
    slowMs: given.slowMs ?? Infinity,
    windowMs: given.windowMs ?? 10_000,
    minCalls: given.minCalls ?? 20,
    openMs,
    maxOpenMs: given.maxOpenMs ?? openMs * 10,
    probes: given.probes ?? 1,
    probeMs: given.probeMs ?? 30_000,
    dryRun: given.dryRun ?? false,
    ...(given.on === undefined ? {} : { on: given.on }),
  };
}

function checkLimit(limit: WrapRateLimit, path: string): WrapRateLimit {
  const isOfCalls = 'calls' in limit && limit.calls !== undefined;
  const { unit, max, cost } = limit as Partial<Record<'unit' | 'max' | 'cost', unknown>>;
  const isOfUnit = unit !== undefined && max !== undefined && cost !== undefined;
  if (limit.perMs !== undefined && isOfCalls !== isOfUnit) return limit;
  const reason = 'must be an object with calls and perMs, or with unit, max, perMs and cost.';
  throw new PoolError('ERR_OPTION', { option: `${path}.rateLimit`, reason });
}
