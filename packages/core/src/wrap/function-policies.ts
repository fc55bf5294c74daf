import type { Clock } from '../base/clock.js';
import { Histogram } from '../base/histogram.js';
import { random } from '../base/random.js';
import { PoolError } from '../contract/errors.js';
import type { BreakerEvent } from '../contract/events.js';
import type { ResolvedWrap } from '../contract/resolve-wrap.js';
import type { Permit } from '../limits/breaker.js';
import { Breakers } from '../limits/breakers.js';
import { HedgePolicy } from '../limits/hedge-policy.js';
import type { TaskGrant } from '../limits/task-grant.js';
import { TaskLimits, type Ticket } from '../limits/task-limits.js';
import { TryBudget } from '../limits/try-budget.js';
import { LimitLine } from './limit-line.js';

/** What the policies need to know of one call: the keys and costs of its input. */
export interface CallKeys {
  /** Undefined without `breaker.key`. */
  readonly breakerKey: string | undefined;
  /** Undefined without limits. */
  readonly ticket: Ticket | undefined;
}

/** What one run has taken. */
export interface Taken {
  readonly permit: Permit | undefined;
  readonly grant: TaskGrant | undefined;
}

/** The policies around each try of one wrapped function. They are the state machines of a task name, over the same options. */
export class FunctionPolicies {
  readonly breakers: Breakers | undefined;
  readonly line: LimitLine | undefined;
  readonly hedge: HedgePolicy | undefined;
  readonly budget: TryBudget | undefined;
  /** Lengths of its runs, for `hedge.after`, ms. */
  readonly ran = new Histogram();
  readonly #name: string;
  readonly #clock: Clock;

  /** @param changed called in the middle of a change of a breaker: it must call nothing here */
  constructor({ name, path, settings }: ResolvedWrap, clock: Clock, changed: (event: BreakerEvent) => void) {
    this.#name = name;
    this.#clock = clock;
    const { breaker, limits, hedge, retry } = settings;
    this.breakers = breaker && new Breakers(name, breaker, { random, breakerChanged: changed }, path);
    this.line = limits && new LimitLine(new TaskLimits(limits), clock);
    this.hedge = hedge && new HedgePolicy(hedge);
    this.budget = retry.budget === undefined ? undefined : new TryBudget(retry.budget);
  }

  /** Notes a call: it pays for further tries and runs. */
  noteCall(): void {
    this.budget?.payIn();
    this.hedge?.budget.payIn();
  }

  /** @throws ERR_OPTION for a `key` or `cost` that throws, or returns what it must not */
  keysOf(input: unknown): CallKeys {
    return { breakerKey: this.breakers?.keyOf(input), ticket: this.line?.limits.ticketFor(input) };
  }

  /** Time for which the breaker refuses tries, ms; 0 while it refuses none. */
  refusedMs({ breakerKey }: CallKeys): number {
    const nowMs = this.#clock.now();
    return (this.breakers?.refusesUntil(breakerKey, nowMs) ?? nowMs) - nowMs;
  }

  /** Whether the breaker refuses the next try. */
  refuses({ breakerKey }: CallKeys): boolean {
    return this.breakers?.refusesUntil(breakerKey, this.#clock.now()) !== undefined;
  }

  /** The error of a try that the breaker refuses. @param cause the failure before it */
  refusal({ breakerKey }: CallKeys, cause: unknown): unknown {
    return this.breakers?.refuse(breakerKey, this.#clock.now(), cause);
  }

  /**
   * Waits for the turn of a try.
   * @param signal not aborted
   * @param cause the failure before it
   * @throws ERR_CIRCUIT_OPEN, ERR_RATE_LIMITED, the signal's reason
   */
  async admit(keys: CallKeys, signal: AbortSignal, cause: unknown): Promise<Taken> {
    if (this.refuses(keys)) throw this.refusal(keys, cause);
    const { line } = this;
    const { ticket } = keys;
    if (line === undefined || ticket === undefined) return this.take(keys, cause);
    ticket.limitWaitMs = 0;
    const refusal = line.limits.refusalOf(ticket, this.#clock.now());
    if (refusal !== undefined) {
      const why = cause === undefined ? {} : { cause };
      throw new PoolError('ERR_RATE_LIMITED', { task: this.#name, ...refusal }, why);
    }
    return line.pass(ticket, signal, () => this.take(keys, cause));
  }

  /** Takes what a run needs, which is there. @throws ERR_CIRCUIT_OPEN, since a breaker may have opened during the wait */
  take(keys: CallKeys, cause: unknown): Taken {
    const { breakers, line } = this;
    const { breakerKey, ticket } = keys;
    const nowMs = this.#clock.now();
    const permit = breakers?.admit(breakerKey, nowMs);
    if (breakers !== undefined && permit === undefined) throw this.refusal(keys, cause);
    return { permit, grant: ticket && line?.limits.take(ticket, nowMs) };
  }

  /** Gives back what a run has taken that did not begin. */
  giveBack({ permit, grant }: Taken): void {
    permit?.breaker.ended(permit, 'ignored', this.#clock.now(), 0);
    grant?.giveBack();
  }

  /** Whether a further run may begin at once. */
  hasRoom({ ticket }: CallKeys): boolean {
    return ticket === undefined || this.line === undefined || this.line.hasRoom(ticket);
  }
}
