import type { BreakerState } from '../contract/breaker-options.js';
import type { ResolvedBreaker } from '../contract/resolve-breaker.js';
import { CallWindow } from './call-window.js';

/** What a breaker needs of its options. */
export type BreakerRules = Omit<ResolvedBreaker, 'on' | 'crashes' | 'key' | 'fallback'>;

/** How a call ended. 'ignored' says nothing about the service: it was cancelled, or its caller was wrong. */
export type CallOutcome = 'ok' | 'failed' | 'ignored';

/** Legal moves of a breaker. */
export const BREAKER_MOVES: Readonly<Record<BreakerState, readonly BreakerState[]>> = {
  closed: ['open', 'isolated'],
  open: ['half-open', 'closed', 'isolated'],
  'half-open': ['closed', 'open', 'isolated'],
  isolated: ['closed'],
};

interface Closed {
  readonly name: 'closed';
  /** Undefined where no share counts. */
  readonly window: CallWindow | undefined;
  failuresInARow: number;
}
interface Open {
  readonly name: 'open';
  readonly untilMs: number;
}
interface HalfOpen {
  readonly name: 'half-open';
  /** Probes under way, in the order in which they began. */
  readonly probes: Set<Permit>;
  succeeded: number;
}
interface Isolated {
  readonly name: 'isolated';
}
type State = Closed | Open | HalfOpen | Isolated;

/** One call that was let through. */
export interface Permit {
  readonly breaker: Breaker;
  /** The state that let it through. Its outcome counts only in this one. Undefined where only `dryRun` let it through. */
  readonly state: State | undefined;
  readonly beganAtMs: number;
}

export interface BreakerChange {
  readonly from: BreakerState;
  readonly to: BreakerState;
  readonly reason: string;
  /** Time for which it refuses calls, ms; Infinity for no end, 0 where it lets some through. */
  readonly openMs: number;
  readonly error: unknown;
}

/**
 * A circuit breaker of one task, or of one key of it. It holds no lock: calls run side by side, and each brings its outcome back.
 * An outcome that comes after a change of state counts no more. It has no timer: calls find out that its time is over.
 *
 * - closed: at first, and after `probes` successes. Lets all calls through, and counts.
 * - open: after too many failures or slow calls, or a failed probe. Lets no call through until its time is over.
 * - half-open: once that time is over. Lets `probes` calls through.
 * - isolated: by `isolate`, until `reset`.
 */
export class Breaker {
  readonly #rules: BreakerRules;
  readonly #random: () => number;
  readonly #changed: (change: BreakerChange) => void;
  #state: State;
  /** Openings since it was last closed. */
  #openings = 0;
  /** The failure that opened it, for the errors of refused calls. */
  #lastFailure: unknown;

  /** @param changed called in the middle of a change: it must call nothing here */
  constructor(rules: BreakerRules, random: () => number, changed: (change: BreakerChange) => void) {
    this.#rules = rules;
    this.#random = random;
    this.#changed = changed;
    this.#state = this.#closed();
  }

  /** Its state at a time, and from then on. */
  stateAt(nowMs: number): BreakerState {
    this.#look(nowMs);
    return this.#state.name;
  }

  get lastFailure(): unknown {
    return this.#lastFailure;
  }

  /** Time until which calls are refused; undefined if the next one may be let through. */
  refusesUntil(nowMs: number): number | undefined {
    if (this.#rules.dryRun) return undefined;
    this.#look(nowMs);
    const state = this.#state;
    if (state.name === 'isolated') return Infinity;
    if (state.name === 'open') return state.untilMs;
    if (state.name === 'closed' || this.#hasProbe(state)) return undefined;
    return this.#nextDue(state);
  }

  /** Lets a call through. Undefined where it is to be refused: `refusesUntil` says for how long. */
  admit(nowMs: number): Permit | undefined {
    this.#look(nowMs);
    const state = this.#state;
    if (state.name !== 'closed' && !(state.name === 'half-open' && this.#hasProbe(state))) {
      return this.#rules.dryRun ? { breaker: this, state: undefined, beganAtMs: nowMs } : undefined;
    }
    const permit = { breaker: this, state, beganAtMs: nowMs };
    if (state.name === 'half-open') state.probes.add(permit);
    return permit;
  }

  /**
   * Takes the outcome of a call that was let through.
   * @param tookMs its execution time
   */
  ended(permit: Permit, outcome: CallOutcome, nowMs: number, tookMs: number, failure?: unknown): void {
    const state = this.#state;
    if (permit.state !== state) return;
    const isSlow = tookMs >= this.#rules.slowMs;
    if (state.name === 'half-open') {
      // A probe that is not counted leaves its place to another.
      if (!state.probes.delete(permit) || outcome === 'ignored') return;
      if (outcome === 'failed') this.#open(nowMs, 'a probe failed', failure);
      else if (isSlow) this.#open(nowMs, `a probe took ${Math.round(tookMs)} ms`);
      else if (++state.succeeded >= this.#rules.probes) this.#close(probesSucceeded(state.succeeded));
    } else if (state.name === 'closed' && outcome !== 'ignored') {
      this.#count(state, outcome === 'failed', isSlow, nowMs, failure);
    }
  }

  /** Closes it, whatever it was. */
  reset(): void {
    if (this.#state.name !== 'closed') this.#close('reset() was called');
    else this.#state = this.#closed();
  }

  /** Opens it until `reset`. */
  isolate(): void {
    if (this.#state.name !== 'isolated') this.#move({ name: 'isolated' }, 'isolate() was called', Infinity);
  }

  /** Notes what time alone has changed. */
  #look(nowMs: number): void {
    const state = this.#state;
    if (state.name === 'open' && nowMs >= state.untilMs) {
      this.#move({ name: 'half-open', probes: new Set(), succeeded: 0 }, 'its time is over', 0);
    } else if (state.name === 'half-open' && nowMs >= this.#nextDue(state)) {
      this.#open(nowMs, `a probe had no result within ${this.#rules.probeMs} ms`);
    }
  }

  #hasProbe({ probes, succeeded }: HalfOpen): boolean {
    return probes.size + succeeded < this.#rules.probes;
  }

  /** Time when the oldest probe counts as failed; Infinity without one. */
  #nextDue({ probes }: HalfOpen): number {
    for (const { beganAtMs } of probes) return beganAtMs + this.#rules.probeMs;
    return Infinity;
  }

  #count(state: Closed, isFailure: boolean, isSlow: boolean, nowMs: number, failure: unknown): void {
    const { consecutive, failureShare, slowShare, minCalls } = this.#rules;
    state.failuresInARow = isFailure ? state.failuresInARow + 1 : 0;
    if (isFailure) this.#lastFailure = failure;
    if (state.failuresInARow >= consecutive) {
      this.#open(nowMs, inARow(state.failuresInARow), failure);
      return;
    }
    if (state.window === undefined) return;
    state.window.add(nowMs, isFailure, isSlow);
    const { calls, failures, slow } = state.window.sum(nowMs);
    if (calls < minCalls) return;
    if (failures / calls >= failureShare) this.#open(nowMs, `${failures} of ${calls} calls failed`, failure);
    else if (slow / calls >= slowShare) this.#open(nowMs, `${slow} of ${calls} calls were slow`);
  }

  #open(nowMs: number, reason: string, failure?: unknown): void {
    const { openMs, maxOpenMs } = this.#rules;
    if (failure !== undefined) this.#lastFailure = failure;
    // Half of the backoff is random, so that breakers of several programs do not try at the same time.
    const half = Math.min(maxOpenMs, openMs * 2 ** Math.min(32, this.#openings)) / 2;
    const ms = Math.max(openMs, half + this.#random() * half);
    this.#openings++;
    this.#move({ name: 'open', untilMs: nowMs + ms }, reason, ms, failure);
  }

  #close(reason: string): void {
    this.#openings = 0;
    this.#lastFailure = undefined;
    this.#move(this.#closed(), reason, 0);
  }

  #closed(): Closed {
    const { failureShare, slowShare, windowMs } = this.#rules;
    const hasShare = failureShare <= 1 || slowShare <= 1;
    return { name: 'closed', window: hasShare ? new CallWindow(windowMs) : undefined, failuresInARow: 0 };
  }

  /** The only place that writes `#state`. A closed breaker that forgets its calls makes no move. */
  #move(to: State, reason: string, openMs: number, error?: unknown): void {
    const from = this.#state.name;
    this.#state = to;
    this.#changed({ from, to: to.name, reason, openMs, error });
  }
}

function inARow(failures: number): string {
  return failures === 1 ? 'a call failed' : `${failures} calls failed in a row`;
}

function probesSucceeded(probes: number): string {
  return probes === 1 ? 'a probe succeeded' : `${probes} probes succeeded`;
}
