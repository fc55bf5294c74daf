import { Histogram } from '../base/histogram.js';
import { toJson } from '../base/natives.js';
import { shortKey } from '../base/short-key.js';
import type { ResolvedLimit } from '../contract/resolve-limits.js';
import { A_STRING, type AnswerKind, answerOf } from '../contract/user-answer.js';
import { Bulkhead } from './bulkhead.js';
import { Gate } from './gate.js';
import { KeyGates } from './key-gates.js';
import { type Grant, type RateLimiter, StrictWindow, TokenBucket } from './rate-limiter.js';
import { TaskGrant } from './task-grant.js';

/** What the limits of its name need to know of one task. */
export interface Ticket {
  /** Its line among tasks of its name: those with the same keys. */
  readonly line: string;
  /** Its keys, by limit; undefined for a limit without a key. */
  readonly keys: readonly (string | undefined)[];
  /** Its costs, by limit. */
  readonly costs: readonly number[];
  /** Time for which limits have held this try back, ms. */
  limitWaitMs: number;
}

/** The ticket of a batch. Its costs grow with its items. */
export interface BatchTicket extends Ticket {
  readonly costs: number[];
}

/** The reason for which a call is refused. */
export interface LimitRefusal {
  readonly key: string | undefined;
  readonly retryAfterMs: number;
}

/** All limits of one task name. */
export class TaskLimits {
  /** Time for which limits have held back tries that then ran, ms. */
  readonly limitWait = new Histogram();
  /** Limits with a key; they come first. */
  readonly keyed: number;
  /** Whether handlers can report what they really used. */
  readonly isMetered: boolean;
  readonly rules: readonly ResolvedLimit[];
  /** By limit: time for which it held tries back, in sum over those that waited, ms. */
  readonly blockedMs: number[];
  readonly #rejects: boolean;
  readonly #gates: readonly (Gate | KeyGates)[];
  /** Costs of a task where no limit has a `cost`. */
  readonly #ones: readonly number[];
  readonly #noKeys: readonly undefined[];

  /** @param base limits of the name of a callable, which shares those that it has not set itself */
  constructor(rules: readonly ResolvedLimit[], base?: TaskLimits) {
    this.rules = rules;
    this.blockedMs = rules.map(() => 0);
    this.keyed = rules.filter(({ key }) => key !== undefined).length;
    this.isMetered = rules.some(({ cost }) => cost !== undefined);
    this.#rejects = rules.some(({ rejects }) => rejects);
    this.#gates = rules.map((rule) => {
      const shared = base === undefined ? undefined : base.#gates[base.rules.indexOf(rule)];
      if (shared !== undefined) return shared;
      const make = (): RateLimiter => limiterOf(rule);
      return rule.key === undefined ? new Gate(make()) : new KeyGates(make);
    });
    this.#ones = rules.map(() => 1);
    this.#noKeys = rules.map(() => undefined);
  }

  /** @throws ERR_OPTION for a `key` or `cost` that throws, or returns what it must not */
  ticketFor(input: unknown): Ticket {
    const keys = this.keyed === 0 ? this.#noKeys : this.rules.map((rule) => keyOf(rule, input));
    const costs = this.isMetered ? this.rules.map((rule) => costOf(rule, input)) : this.#ones;
    return { line: this.#lineOf(keys), keys, costs, limitWaitMs: 0 };
  }

  /** Notes that a limit has held tasks back. @param at its place @param ms for all of them together */
  noteBlocked(at: number, ms: number): void {
    this.blockedMs[at] = (this.blockedMs[at] ?? 0) + ms;
  }

  /** The gates of a task, by limit. */
  gatesOf({ keys }: Ticket, nowMs: number): Gate[] {
    return this.#gates.map((gate, at) => (gate instanceof Gate ? gate : gate.of(keys[at] as string, nowMs)));
  }

  /** Whether a task outside of any line may begin now; else the time at which it may, or Infinity. */
  readyAtMs(ticket: Ticket, nowMs: number): number {
    const gates = this.gatesOf(ticket, nowMs);
    return Math.max(...gates.map((gate, at) => gate.readyAtMs(ticket.costs[at] as number, nowMs)));
  }

  /** Whether limits may refuse a call. */
  get mayRefuse(): boolean {
    return this.#rejects;
  }

  /** Why a call is refused; undefined if it may wait for a worker. @param joins whether it joins a batch that waits already */
  refusalOf(ticket: Ticket, nowMs: number, joins = false): LimitRefusal | undefined {
    if (!this.#rejects) return undefined;
    const gates = this.gatesOf(ticket, nowMs);
    let refusal: LimitRefusal | undefined;
    for (const [at, rule] of this.rules.entries()) {
      if (!rule.rejects || (joins && !rule.isPerItem)) continue;
      const gate = gates[at] as Gate;
      const readyAtMs = gate.readyAtMs(ticket.costs[at] as number, nowMs, gate.reserved);
      // Calls that run must end first. Their window is then the least that is left to wait.
      const retryAfterMs = readyAtMs === Infinity ? (rule.perMs as number) : readyAtMs - nowMs;
      if (retryAfterMs > (refusal?.retryAfterMs ?? 0)) refusal = { key: ticket.keys[at], retryAfterMs };
    }
    return refusal;
  }

  /** Notes that a task waits for a worker, or does so no more, where others are refused for it. @param by 1 or -1 */
  reserve(gates: readonly Gate[], { costs }: Ticket, by: 1 | -1): void {
    if (!this.#rejects) return;
    for (const [at, { rejects }] of this.rules.entries()) {
      if (rejects) (gates[at] as Gate).reserved += by * (costs[at] as number);
    }
  }

  /** The ticket of a batch for items like this one, as long as it has none. */
  batchTicket({ line, keys, costs }: Ticket): BatchTicket {
    return { line, keys, costs: costs.map((cost, at) => (this.#isPerItem(at) ? 0 : cost)), limitWaitMs: 0 };
  }

  /** Adds what an item costs to its batch, or takes it off. @param by 1 or -1 */
  addItem(batch: BatchTicket, item: Ticket, by: 1 | -1): void {
    for (let at = 0; at < batch.costs.length; at++) {
      if (this.#isPerItem(at)) batch.costs[at] = (batch.costs[at] as number) + by * (item.costs[at] as number);
    }
  }

  /** Whether a batch with this item costs no more than every limit has. */
  mayJoin(batch: Ticket, item: Ticket): boolean {
    return this.rules.every(
      ({ isPerItem, max }, at) => !isPerItem || (batch.costs[at] as number) + (item.costs[at] as number) <= max,
    );
  }

  /** See `reserve`, for an item of a batch that waits. */
  reserveItem(gates: readonly Gate[], { costs }: Ticket, by: 1 | -1): void {
    if (!this.#rejects) return;
    for (const [at, { rejects, isPerItem }] of this.rules.entries()) {
      if (rejects && isPerItem) (gates[at] as Gate).reserved += by * (costs[at] as number);
    }
  }

  /** Notes that a task begins. It was ready. */
  take(ticket: Ticket, nowMs: number): TaskGrant {
    return this.#take([ticket], ticket.costs, undefined, nowMs);
  }

  /**
   * Notes that a batch begins. It was ready.
   * @param rows its items, one at least
   * @param hasInput whether a row has an input of its own; one that shares that of another row costs nothing
   */
  takeAll(rows: readonly [Ticket, ...Ticket[]], hasInput: (row: number) => boolean, nowMs: number): TaskGrant {
    // What does not depend on items is the cost of the first row.
    const rowCosts = rows.map(({ costs }, row) =>
      costs.map((cost, at) => ((this.#isPerItem(at) ? hasInput(row) : row === 0) ? cost : 0)),
    );
    const costs = this.rules.map((_, at) => rowCosts.reduce((sum, own) => sum + (own[at] as number), 0));
    return this.#take(rows, costs, rowCosts, nowMs);
  }

  #take(
    rows: readonly [Ticket, ...Ticket[]],
    costs: readonly number[],
    rowCosts: number[][] | undefined,
    nowMs: number,
  ): TaskGrant {
    const gates = this.gatesOf(rows[0], nowMs);
    const grants: Grant[] = gates.map((gate, at) => gate.take(costs[at] as number, nowMs));
    return new TaskGrant({ rules: this.rules, gates, grants, rows, rowCosts, limitWait: this.limitWait });
  }

  #isPerItem(at: number): boolean {
    return this.rules[at]?.isPerItem === true;
  }

  /**
   * Closes the limits over time of a task whose handler failed with `retryAfterMs`, as from the header Retry-After. Where some have
   * a key, those close, and else all.
   * @param mostMs longest time that an error may ask for
   */
  failed(ticket: Ticket, error: unknown, mostMs: number, nowMs: number): void {
    const ms = Math.min(retryAfterMsOf(error), mostMs);
    if (!(ms > 0)) return;
    const isOverTime = ({ perMs }: ResolvedLimit): boolean => perMs !== undefined;
    const hasKeyed = this.rules.some((rule) => isOverTime(rule) && rule.key !== undefined);
    const gates = this.gatesOf(ticket, nowMs);
    for (const [at, rule] of this.rules.entries()) {
      if (isOverTime(rule) && (rule.key !== undefined || !hasKeyed)) gates[at]?.closeUntil(nowMs + ms);
    }
  }

  #lineOf(keys: readonly (string | undefined)[]): string {
    if (this.keyed === 0) return '';
    return this.keyed === 1 ? (keys[0] as string) : toJson(keys.slice(0, this.keyed));
  }
}

function limiterOf({ perMs, max, isStrict }: ResolvedLimit): RateLimiter {
  if (perMs === undefined) return new Bulkhead(max);
  return isStrict ? new StrictWindow(max, perMs) : new TokenBucket(max, perMs);
}

const A_COST: AnswerKind<number> = {
  phrase: 'a finite number of 0 or more',
  take: (value) => (Number.isFinite(value) && (value as number) >= 0 ? (value as number) : undefined),
};

function keyOf({ key, option }: ResolvedLimit, input: unknown): string | undefined {
  return key === undefined ? undefined : shortKey(answerOf(`${option}.key`, key, input, A_STRING));
}

function costOf({ cost, option }: ResolvedLimit, input: unknown): number {
  return cost === undefined ? 1 : answerOf(`${option}.cost`, cost, input, A_COST);
}

function retryAfterMsOf(error: unknown): number {
  if (typeof error !== 'object' || error === null) return 0;
  const { retryAfterMs } = error as { retryAfterMs?: unknown };
  return typeof retryAfterMs === 'number' ? retryAfterMs : 0;
}
