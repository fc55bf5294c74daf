import { optionError } from './check-options.js';
import type { ConcurrencyByKey } from './concurrency-options.js';
import type { CallRateLimit, RateLimitRule, UnitRateLimit } from './rate-limit-options.js';

/** Unit of limits of calls, for `ctx.report` and messages. */
const CALLS = 'calls';

/** One limit of a task name. */
export interface ResolvedLimit {
  /** The option that gives it. */
  readonly of: keyof LimitOptions;
  /** Path of its option, for errors. */
  readonly option: string;
  /** Unit of its costs; undefined for calls at once, which have none. */
  readonly unit: string | undefined;
  readonly max: number;
  /** Time in which `max` is there again, ms; undefined for a limit of calls at once. */
  readonly perMs: number | undefined;
  readonly isStrict: boolean;
  /** Whether a batch costs the sum of its items. Otherwise it costs as much as a single call. */
  readonly isPerItem: boolean;
  /** Whether a call is refused rather than made to wait. */
  readonly rejects: boolean;
  readonly key: ((input: unknown) => unknown) | undefined;
  readonly cost: ((input: unknown) => unknown) | undefined;
}

/** Options of a task that limit its calls. */
export interface LimitOptions<I = never> {
  rateLimit?: RateLimitRule<I> | readonly RateLimitRule<I>[] | undefined;
  concurrency?: number | undefined;
  concurrencyByKey?: ConcurrencyByKey<I> | undefined;
}

/**
 * The limits of one task name; undefined without any. Limits with a key come first, as dispatch/gated-line.ts needs them.
 * @param path of its options, such as `tasks.convert`
 * @param base limits that hold as they are, where their own option is not given: those of the name of a callable
 * @throws ERR_OPTION for a rate limit that is neither one of calls nor one of a unit
 */
export function resolveLimits(
  options: LimitOptions,
  path: string,
  base: readonly ResolvedLimit[] | undefined,
): readonly ResolvedLimit[] | undefined {
  const { rateLimit, concurrency, concurrencyByKey } = options;
  const rates: readonly RateLimitRule[] = rateLimit === undefined ? [] : toList(rateLimit);
  const limits = rates.map((rule) => resolveRate(rule, `${path}.rateLimit`));
  if (concurrency !== undefined) limits.push(atOnce('concurrency', path, concurrency, undefined));
  if (concurrencyByKey !== undefined) {
    const { max, key } = concurrencyByKey;
    if (key === undefined || max === undefined) throw optionError(`${path}.concurrencyByKey`, 'must have key and max.');
    limits.push(atOnce('concurrencyByKey', path, max, key as ResolvedLimit['key']));
  }
  if (limits.length === 0) return base;
  for (const limit of base ?? []) if (options[limit.of] === undefined) limits.push(limit);
  return Object.freeze(limits.sort((a, b) => Number(a.key === undefined) - Number(b.key === undefined)));
}

function resolveRate(rule: RateLimitRule, option: string): ResolvedLimit {
  const { perMs, window, key, when } = rule;
  const { calls, per, unit, max, cost } = rule as Partial<UnitRateLimit> & Partial<CallRateLimit>;
  const isOfCalls = calls !== undefined && unit === undefined && max === undefined && cost === undefined;
  const isOfUnit =
    calls === undefined && per === undefined && unit !== undefined && max !== undefined && cost !== undefined;
  if (perMs === undefined || !(isOfCalls || isOfUnit)) {
    throw optionError(
      option,
      'must have perMs, and either calls and per, or unit, max and cost. Only per may be left out.',
    );
  }
  return {
    of: 'rateLimit',
    option,
    unit: unit ?? CALLS,
    max: calls ?? (max as number),
    perMs,
    isStrict: window === 'strict',
    isPerItem: cost !== undefined || per === 'item',
    rejects: when === 'reject',
    key: key as ResolvedLimit['key'],
    cost: cost as ResolvedLimit['cost'],
  };
}

function atOnce(of: keyof LimitOptions, path: string, max: number, key: ResolvedLimit['key']): ResolvedLimit {
  const none = { unit: undefined, perMs: undefined, cost: undefined };
  return { of, option: `${path}.${of}`, ...none, max, isStrict: false, isPerItem: false, rejects: false, key };
}

function toList(rules: RateLimitRule | readonly RateLimitRule[]): readonly RateLimitRule[] {
  return Array.isArray(rules) ? (rules as readonly RateLimitRule[]) : [rules as RateLimitRule];
}
