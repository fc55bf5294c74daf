import type { Clock, Timer } from '../base/clock.js';
import {
  afterReady,
  afterUnexpectedEnd,
  NO_HISTORY,
  type RestartHistory,
  type RestartLimits,
  type UnexpectedEnd,
} from './restart-policy.js';
import { maySpawnAt } from './start-pace.js';

/** An end that was not asked for, and the error behind it. */
export interface Fault extends UnexpectedEnd {
  readonly cause: unknown;
}

/** A worker to be started, and the earliest time for that, host clock. */
export interface Due {
  readonly startAt: number;
}

export interface StarterParts<D extends Due> {
  clock: Clock;
  limits: RestartLimits;
  random(): number;
  /** Calls back in the next turn of the event loop. */
  nextTurn(callback: () => void): Timer;
  /** Workers that may be on their way to ready at once. Asked only when several are: it reads files. */
  startsAtOnce(): number;
  /** The worker to start next; undefined when none is missing. */
  due(): D | undefined;
  /** Whether any worker takes tasks. */
  hasReady(): boolean;
  /** When those were spawned that are on their way to ready, host clock. */
  starting(): number[];
  start(due: D): void;
  /** Restarting has no prospect. Called once. */
  gaveUp(reason: string, cause: unknown): void;
}

/**
 * When the next missing worker starts: one in a turn of the event loop, no more at once than the machine can serve, and after
 * a fault not before its wait is over.
 */
export class Starter<D extends Due> {
  readonly #parts: StarterParts<D>;
  #history: RestartHistory = NO_HISTORY;
  /** The next look at what is to be started. */
  #timer: Timer | undefined;
  /** Whether one was started in this turn; and the call of the next. */
  #isTurnUsed = false;
  #turn: Timer | undefined;
  #mayStartAt = -Infinity;
  /** The last start threw, and has not been judged yet. */
  #refusal: Timer | undefined;
  #isOver = false;

  constructor(parts: StarterParts<D>) {
    this.#parts = parts;
  }

  /** No missing worker starts before this time, host clock. Infinity until a start that threw has been judged. */
  get mayStartAt(): number {
    return this.#refusal === undefined ? this.#mayStartAt : Infinity;
  }

  /**
   * Starts one of the workers that are missing, and the others in the turns that follow: a spawn takes two milliseconds, in which
   * the program does nothing else.
   */
  startNext(): void {
    if (this.#isOver || this.#isTurnUsed) return;
    const { clock, nextTurn, startsAtOnce, due, starting, start } = this.#parts;
    const next = due();
    if (next === undefined) return;
    const nowMs = clock.now();
    const startAt = Math.max(next.startAt, maySpawnAt(starting(), nowMs, startsAtOnce));
    this.#timer?.cancel();
    if (startAt > nowMs) {
      if (startAt < Infinity) this.#timer = clock.after(startAt - nowMs, () => this.startNext());
      return;
    }
    start(next);
    this.#isTurnUsed = true;
    this.#turn = nextTurn(() => {
      this.#isTurnUsed = false;
      this.startNext();
    });
  }

  /** A worker became ready: the module can start. */
  noteReady(): void {
    this.#history = afterReady(this.#history);
  }

  /** A worker ended by itself: the next start may have to wait, or there is none. */
  onFault(fault: Fault): void {
    const { clock, random, limits, hasReady, gaveUp } = this.#parts;
    const nowMs = clock.now();
    const end = { ...fault, nowMs, random: random(), hasOthers: hasReady() };
    const { history, decision } = afterUnexpectedEnd(this.#history, end, limits);
    this.#history = history;
    if (decision.action === 'giveUp') gaveUp(decision.reason, fault.cause);
    else this.#mayStartAt = Math.max(this.#mayStartAt, nowMs + decision.delayMs);
  }

  /** A start threw. Judged later, as every other end: the code that asked for the worker is in the middle of something. */
  refused(cause: unknown): void {
    this.#refusal = this.#parts.clock.after(0, () => {
      this.#refusal = undefined;
      this.onFault({ wasReady: false, uptimeMs: 0, tasksDone: 0, cause });
      this.startNext();
    });
  }

  /** Starts none any more. */
  stop(): void {
    this.#isOver = true;
    for (const timer of [this.#timer, this.#turn, this.#refusal]) timer?.cancel();
  }
}
