import type { Clock, Timer } from '../base/clock.js';
import { messageOf } from '../base/message-of.js';
import { inspectBriefly } from '../contract/checks.js';
import { PoolError } from '../contract/errors.js';
import type { WrapRateLimit } from '../contract/wrap-options.js';
import { type Grant, type RateLimiter, StrictWindow, TokenBucket } from '../limits/rate-limiter.js';
import { type Step, whenEnded } from './try.js';
import { WaitingLine } from './waiting-line.js';

export interface RateStepParts {
  readonly task: string;
  /** Key of its calls; undefined without keys. */
  readonly key: string | undefined;
  /** Path of the options, for errors. */
  readonly path: string;
  readonly limits: readonly WrapRateLimit[];
  readonly when: 'wait' | 'reject';
  /** Longest time that an error may close the limits for by its `retryAfterMs`. */
  readonly maxRetryAfterMs: number;
  readonly clock: Clock;
}

interface Limit {
  readonly limiter: RateLimiter;
  costOf(input: unknown): number;
}

/** A try that waits. */
interface Turn {
  /** One for each limit. */
  readonly costs: readonly number[];
  /** Set at its turn. */
  grants: readonly Grant[];
}

/** Keeps tries within limits over time. All limits must have room, and the first of the waiting tries goes first. */
export function rateStep(parts: RateStepParts): Step {
  const gate = new RateGate(parts);
  return (next) => async (tried) => {
    const grants = await gate.pass(tried.input, tried.signal);
    try {
      return await next(tried);
    } catch (error) {
      gate.closeFor(retryAfterMsOf(error));
      throw error;
    } finally {
      if (tried.end === undefined) gate.giveBack(grants);
      else whenEnded(tried, () => gate.ended(grants));
    }
  };
}

class RateGate {
  readonly #parts: RateStepParts;
  readonly #limits: readonly Limit[];
  readonly #line = new WaitingLine<Turn>();
  #closedUntilMs = -Infinity;
  #timer: Timer | undefined;

  constructor(parts: RateStepParts) {
    this.#parts = parts;
    this.#limits = parts.limits.map((limit) => toLimit(limit, `${parts.path}.rateLimit.cost`));
  }

  async pass(input: unknown, signal: AbortSignal): Promise<readonly Grant[]> {
    const { clock, when, task, key } = this.#parts;
    const costs = this.#limits.map(({ costOf }) => costOf(input));
    const nowMs = clock.now();
    const readyAtMs = this.#readyAtMs(costs, nowMs);
    if (this.#line.size === 0 && readyAtMs <= nowMs) return this.#take(costs, nowMs);
    if (when === 'reject') {
      throw new PoolError('ERR_RATE_LIMITED', { task, key, retryAfterMs: Math.max(0, readyAtMs - nowMs) });
    }
    const turn: Turn = { costs, grants: [] };
    const granted = this.#line.wait(turn, signal, () => this.#look());
    this.#look();
    await granted;
    return turn.grants;
  }

  ended(grants: readonly Grant[]): void {
    const nowMs = this.#parts.clock.now();
    for (const [index, grant] of grants.entries()) this.#limits[index]?.limiter.ended(grant, nowMs);
    this.#look();
  }

  giveBack(grants: readonly Grant[]): void {
    for (const [index, grant] of grants.entries()) this.#limits[index]?.limiter.giveBack(grant);
    this.#look();
  }

  closeFor(ms: number): void {
    const { clock, maxRetryAfterMs } = this.#parts;
    this.#closedUntilMs = Math.max(this.#closedUntilMs, clock.now() + Math.min(ms, maxRetryAfterMs));
  }

  /** Grants as many as there is room for, and looks again when there is room for the next. */
  #look(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (let turn = this.#line.head; turn !== undefined; turn = this.#line.head) {
      const nowMs = this.#parts.clock.now();
      const readyAtMs = this.#readyAtMs(turn.costs, nowMs);
      if (readyAtMs > nowMs) {
        // Infinity: the end of a try that runs makes room, and looks.
        if (readyAtMs < Infinity) this.#timer = this.#parts.clock.after(readyAtMs - nowMs, () => this.#look());
        return;
      }
      // At once, so that the next one is judged by it.
      turn.grants = this.#take(turn.costs, nowMs);
      this.#line.grantHead();
    }
  }

  #readyAtMs(costs: readonly number[], nowMs: number): number {
    return this.#limits.reduce(
      (latest, { limiter }, index) => Math.max(latest, limiter.readyAtMs(costs[index] ?? 0, nowMs)),
      this.#closedUntilMs,
    );
  }

  #take(costs: readonly number[], nowMs: number): Grant[] {
    return this.#limits.map(({ limiter }, index) => limiter.take(costs[index] ?? 0, nowMs));
  }
}

function toLimit(limit: WrapRateLimit, option: string): Limit {
  const isOfCalls = 'calls' in limit && limit.calls !== undefined;
  const { max, cost } = limit as unknown as { max: number; cost: (input: unknown) => unknown };
  const most = isOfCalls ? limit.calls : max;
  const limiter = limit.window === 'strict' ? new StrictWindow(most, limit.perMs) : new TokenBucket(most, limit.perMs);
  return { limiter, costOf: isOfCalls ? () => 1 : (input) => checkedCost(cost, input, option) };
}

/** @throws ERR_OPTION when it throws, or returns no number of 0 or more */
function checkedCost(cost: (input: unknown) => unknown, input: unknown, option: string): number {
  let own: unknown;
  try {
    own = cost(input);
  } catch (cause) {
    throw new PoolError('ERR_OPTION', { option, reason: `threw: ${messageOf(cause)}` }, { cause });
  }
  if (typeof own === 'number' && own >= 0 && own < Infinity) return own;
  const reason = `must return a finite number of at least 0; received ${inspectBriefly(own)}.`;
  throw new PoolError('ERR_OPTION', { option, reason });
}

/** Time for which an error asks for no further call, ms; 0 for none. */
function retryAfterMsOf(error: unknown): number {
  if (typeof error !== 'object' || error === null) return 0;
  const { retryAfterMs } = error as { retryAfterMs?: unknown };
  return typeof retryAfterMs === 'number' && retryAfterMs > 0 ? retryAfterMs : 0;
}
