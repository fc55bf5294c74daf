import type { Clock, Timer } from '../base/clock.js';
import { debugLog } from '../base/debug-log.js';
import {
  afterReady,
  afterUnexpectedEnd,
  NO_HISTORY,
  type RestartHistory,
  type RestartLimits,
  type UnexpectedEnd,
} from './restart-policy.js';
import { maySpawnAt } from './start-pace.js';

const log = debugLog('supervise');

/** An unrequested end, and the error behind it. */
export interface Fault extends UnexpectedEnd {
  readonly cause: unknown;
}

/** A worker to be started, and the earliest time to start it, host clock. */
export interface Due {
  readonly startAt: number;
}

export interface StarterParts<D extends Due> {
  clock: Clock;
  limits: RestartLimits;
  random(): number;
  /** Calls back in the next turn of the event loop. */
  nextTurn(callback: () => void): Timer;
  /** Most workers that may be starting at once. It reads files, so it is called only when several are. */
  startsAtOnce(): number;
  /** The worker to start next; undefined when none is missing. */
  due(): D | undefined;
  /** Whether any worker takes tasks. */
  hasReady(): boolean;
  /** Spawn times of the starting workers, host clock. */
  starting(): number[];
  start(due: D): void;
  /** Reports that restarting has no prospect. Called once. */
  gaveUp(reason: string, cause: unknown): void;
}

/**
 * Decides when the next missing worker starts. One starts in a turn of the event loop, and no more at once than the machine
 * can serve. After a fault, none starts before its wait is over.
 */
export class Starter<D extends Due> {
  readonly #parts: StarterParts<D>;
  #history: RestartHistory = NO_HISTORY;
  /** Timer of the next look at what is to be started. */
  #timer: Timer | undefined;
  /** Whether a worker was started in this turn; and the call in the next turn. */
  #isTurnUsed = false;
  #turn: Timer | undefined;
  #mayStartAt = -Infinity;
  /** Timer for a start that threw, and has not been judged yet. */
  #refusal: Timer | undefined;
  #isOver = false;

  constructor(parts: StarterParts<D>) {
    this.#parts = parts;
  }

  /** Earliest time at which a missing worker starts, host clock. Infinity until a start that threw has been judged. */
  get mayStartAt(): number {
    return this.#refusal === undefined ? this.#mayStartAt : Infinity;
  }

  /**
   * Starts one of the missing workers now, and the others in the turns that follow. A spawn takes two milliseconds, in which
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

  /** Notes that a worker became ready, so that the module can start. */
  noteReady(): void {
    this.#history = afterReady(this.#history);
  }

  /** Notes that a worker ended by itself: the next start may have to wait, or there is none. */
  onFault(fault: Fault): void {
    const { clock, random, limits, hasReady, gaveUp } = this.#parts;
    const nowMs = clock.now();
    const end = { ...fault, nowMs, random: random(), hasOthers: hasReady() };
    const { history, decision } = afterUnexpectedEnd(this.#history, end, limits);
    this.#history = history;
    if (log.isOn) log.write('a worker ended by itself after %i ms: %o', fault.uptimeMs, decision);
    if (decision.action === 'giveUp') gaveUp(decision.reason, fault.cause);
    else this.#mayStartAt = Math.max(this.#mayStartAt, nowMs + decision.delayMs);
  }

  /** Notes that a start threw. It is judged later, like every other end, since the caller is in the middle of other work. */
  refused(cause: unknown): void {
    if (this.#isOver) return;
    this.#refusal = this.#parts.clock.after(0, () => {
      this.#refusal = undefined;
      this.onFault({ wasReady: false, uptimeMs: 0, tasksDone: 0, cause });
      this.startNext();
    });
  }

  /** Starts no worker any more. */
  stop(): void {
    this.#isOver = true;
    for (const timer of [this.#timer, this.#turn, this.#refusal]) timer?.cancel();
  }
}
