/** Until when a result may be used, and for what. Times of one clock, ms. */
export interface Lifetime {
  /** Time that its execution took, ms. */
  readonly tookMs: number;
  /** It answers calls until then. */
  readonly freshUntilMs: number;
  /** It answers calls until then while a new one is computed. */
  readonly staleUntilMs: number;
  /** It answers calls until then if the new one fails. */
  readonly fallbackUntilMs: number;
}

/** Lengths of time that make a lifetime, ms. */
export interface Terms {
  readonly ttlMs: number;
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
}

/**
 * The use of a result. 'fresh': it answers. 'due': it answers, and a new one should be computed before it is over.
 * 'stale': it answers while a new one is computed. 'fallback': it answers if a new one fails. 'over': it is of no use.
 */
export type Freshness = 'fresh' | 'due' | 'stale' | 'fallback' | 'over';

/**
 * Whether a result answers a call.
 * @param mayRefresh whether the call may begin an execution besides: not if that would move its input
 */
export function mayAnswer(freshness: Freshness, mayRefresh: boolean): boolean {
  return freshness === 'fresh' || freshness === 'due' || (freshness === 'stale' && mayRefresh);
}

/** @param terms `ttlMs` of 0 means no end */
export function lifetimeOf(terms: Terms, nowMs: number, tookMs: number): Lifetime {
  return terms.ttlMs === 0 ? ENDLESS : lifeUntil(nowMs + terms.ttlMs, terms, tookMs);
}

/** One for all: the numbers of a lifetime take 120 bytes. Nothing asks for the time of an execution that needs no successor. */
const ENDLESS: Lifetime = { tookMs: 0, freshUntilMs: Infinity, staleUntilMs: Infinity, fallbackUntilMs: Infinity };

/** The lifetime of a result that is fresh until then. */
export function lifeUntil(freshUntilMs: number, terms: Omit<Terms, 'ttlMs'>, tookMs: number): Lifetime {
  return {
    tookMs,
    freshUntilMs,
    staleUntilMs: freshUntilMs + terms.staleWhileRevalidateMs,
    fallbackUntilMs: freshUntilMs + terms.staleIfErrorMs,
  };
}

/**
 * Judges a result at a time.
 *
 * A result becomes due at random before its end, by XFetch with β = 1. The chance grows with each call and with the time of the
 * execution. So a new result of a key in use is there when the old one ends. Keys out of use cost nothing.
 * @param random a number from 0 to 1; undefined where results are not computed ahead
 */
export function freshnessOf(life: Lifetime, nowMs: number, random: number | undefined): Freshness {
  const { tookMs, freshUntilMs, staleUntilMs, fallbackUntilMs } = life;
  if (nowMs < freshUntilMs) {
    if (random === undefined || freshUntilMs === Infinity) return 'fresh';
    return nowMs - tookMs * Math.log(random) < freshUntilMs ? 'fresh' : 'due';
  }
  if (nowMs < staleUntilMs) return 'stale';
  return nowMs < fallbackUntilMs ? 'fallback' : 'over';
}
