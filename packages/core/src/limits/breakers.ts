import { shortKey } from '../base/short-key.js';
import { wrongArgument } from '../contract/arguments.js';
import type { BreakerHandle, BreakerState } from '../contract/breaker-options.js';
import { PoolError } from '../contract/errors.js';
import type { BreakerEvent } from '../contract/events.js';
import type { ResolvedBreaker } from '../contract/resolve-breaker.js';
import type { BreakerStats } from '../contract/stats.js';
import { A_STRING, answerOf, saysYes } from '../contract/user-answer.js';
import { Breaker, type BreakerChange, type Permit } from './breaker.js';

/** Most keys that have a breaker, some 300 bytes each, and 1 KB with a share. As many as Affinity remembers. */
const MOST_KEYS = 10_000;
/** The one key of a task without `breaker.key`. */
const ONLY = '';

/** Chance, and what hears of changes. */
export interface BreakerHost {
  random(): number;
  /** Called in the middle of a change: it must call no breaker before it returns. */
  breakerChanged(event: BreakerEvent): void;
}

/** The circuit breakers of one task: one for all calls, or one for each key. */
export class Breakers {
  /** Name of the task, or label of the callable, that has them. */
  readonly task: string;
  readonly #path: string;
  readonly #rules: ResolvedBreaker;
  readonly #host: BreakerHost;
  /** Breakers by key, the least recently used first. One that is not closed is forgotten only where no closed one is left. */
  readonly #closed = new Map<string, Breaker>();
  readonly #others = new Map<string, Breaker>();
  #opened = 0;
  #refused = 0;

  /** @param path of its options, for errors */
  constructor(task: string, rules: ResolvedBreaker, host: BreakerHost, path = `tasks.${task}`) {
    this.task = task;
    this.#path = path;
    this.#rules = rules;
    this.#host = host;
  }

  /** Whether the death of a worker counts. */
  get countsCrashes(): boolean {
    return this.#rules.crashes;
  }

  /** The key of a call; undefined for a task with one breaker. @throws ERR_OPTION when `key` gives none */
  keyOf(input: unknown): string | undefined {
    const { key } = this.#rules;
    return key === undefined ? undefined : shortKey(answerOf(`${this.#path}.breaker.key`, key, input, A_STRING));
  }

  /** Time until which calls are refused; undefined if the next one may be let through. */
  refusesUntil(key: string | undefined, nowMs: number): number | undefined {
    return this.#find(key)?.refusesUntil(nowMs);
  }

  /** Lets a call through that is about to begin. Undefined where it is to be refused. */
  admit(key: string | undefined, nowMs: number): Permit | undefined {
    const permit = this.#get(key).admit(nowMs);
    // With dryRun the call goes through, and is counted all the same.
    if (permit !== undefined && permit.state === undefined) this.#refused++;
    return permit;
  }

  /** The error of a call that is refused. @param cause the failure before it; else the latest of the breaker */
  refuse(key: string | undefined, nowMs: number, cause?: unknown): PoolError<'ERR_CIRCUIT_OPEN'> {
    this.#refused++;
    const breaker = this.#get(key);
    const state = breaker.stateAt(nowMs) as 'open' | 'half-open' | 'isolated';
    const retryAfterMs = (breaker.refusesUntil(nowMs) ?? nowMs) - nowMs;
    const details = { task: this.task, key, state, retryAfterMs };
    const last = cause ?? breaker.lastFailure;
    return new PoolError('ERR_CIRCUIT_OPEN', details, last === undefined ? {} : { cause: last });
  }

  /**
   * Takes the failure of a call that was let through.
   * @returns what `on` threw, beside the failure, if it threw
   */
  failed(permit: Permit, error: unknown, nowMs: number, tookMs: number): AggregateError | undefined {
    const { on } = this.#rules;
    let counts = true;
    let fault: AggregateError | undefined;
    try {
      counts = on === undefined || saysYes(`${this.#path}.breaker.on`, on, error);
    } catch (cause) {
      fault = new AggregateError([error, cause], `breaker.on of task "${this.task}" gave no answer about an error.`);
    }
    permit.breaker.ended(permit, counts ? 'failed' : 'ignored', nowMs, tookMs, error);
    return fault;
  }

  /**
   * @param now reads the clock
   * @throws ERR_OPTION when a key is missing, or needless
   */
  handle(given: string | undefined, now: () => number): BreakerHandle {
    const hasKeys = this.#rules.key !== undefined;
    if (hasKeys !== (typeof given === 'string')) {
      throw wrongArgument('key', hasKeys ? `a key of task "${this.task}"` : 'left out, without breaker.key', given);
    }
    const key = given === undefined ? undefined : shortKey(given);
    const state = (): BreakerState => this.#find(key)?.stateAt(now()) ?? 'closed';
    return {
      get state() {
        return state();
      },
      // A breaker that is not there is closed.
      reset: () => this.#find(key)?.reset(),
      isolate: () => this.#get(key).isolate(),
    };
  }

  stats(nowMs: number): BreakerStats {
    const state = this.#rules.key === undefined ? (this.#find(undefined)?.stateAt(nowMs) ?? 'closed') : undefined;
    const notClosed = this.#others.size;
    const keys = this.#rules.key === undefined ? 1 : notClosed + this.#closed.size;
    return { state, keys, notClosed, opened: this.#opened, refused: this.#refused };
  }

  #find(key = ONLY): Breaker | undefined {
    return this.#closed.get(key) ?? this.#others.get(key);
  }

  /** The breaker of a key, as the one used last. */
  #get(key = ONLY): Breaker {
    const known = this.#find(key);
    if (known === undefined) return this.#add(key);
    const list = this.#closed.has(key) ? this.#closed : this.#others;
    if (list.size > 1) {
      list.delete(key);
      list.set(key, known);
    }
    return known;
  }

  #add(key: string): Breaker {
    if (this.#closed.size + this.#others.size >= MOST_KEYS)
      dropFirst(this.#closed.size > 0 ? this.#closed : this.#others);
    const breaker = new Breaker(
      this.#rules,
      () => this.#host.random(),
      (change) => this.#changed(key, breaker, change),
    );
    this.#closed.set(key, breaker);
    return breaker;
  }

  #changed(key: string, breaker: Breaker, change: BreakerChange): void {
    // A breaker that was forgotten meanwhile, and is known to calls under way only.
    if (this.#find(key) !== breaker) return;
    if (change.to === 'open' || change.to === 'isolated') this.#opened++;
    this.#closed.delete(key);
    this.#others.delete(key);
    (change.to === 'closed' ? this.#closed : this.#others).set(key, breaker);
    const { dryRun, key: hasKeys } = this.#rules;
    this.#host.breakerChanged({ ...change, task: this.task, key: hasKeys === undefined ? undefined : key, dryRun });
  }
}

function dropFirst(breakers: Map<string, unknown>): void {
  for (const key of breakers.keys()) {
    breakers.delete(key);
    return;
  }
}
