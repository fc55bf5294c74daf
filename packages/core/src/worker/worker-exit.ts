import { type Clock, isLate, type Timer } from '../base/clock.js';
import type { Transport, TransportExit } from '../transport/transport.js';
import { FRAME } from '../wire/frame.js';
import { type EndedWorker, type WorkerEnd, workerEnd } from './worker-end.js';
import type { WorkerStart } from './worker-start.js';

/**
 * Time after which a kill without an end is not waited for any more. A killed process of 1 GiB had ended after 64 ms, so
 * this is enough for 80 GiB. A thread in a call of native code, such as execFileSync(), ends only after that call. A process
 * under another user's id may not be killable at all.
 */
const KILL_TIMEOUT_MS = 5000;

/** A worker's way out: how it is ended, and by what. */
export class WorkerExit {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #givenUp: (exit: TransportExit) => void;
  #stopTimer: Timer | undefined;
  /** Time when it was asked to stop, host clock; NaN before that. */
  #stopAskedAtMs = NaN;
  #killTimer: Timer | undefined;
  #isAsked = false;
  #how: WorkerEnd['how'] = 'died';
  #fault: Error | undefined;
  #killedFor: string | undefined;
  /** Whether it was killed because it did not tear down and end in time. */
  #isOverdue = false;

  /** @param givenUp called when it was killed, and no end of it has come */
  constructor(transport: Transport, clock: Clock, givenUp: (exit: TransportExit) => void) {
    this.#transport = transport;
    this.#clock = clock;
    this.#givenUp = givenUp;
  }

  /** Whether its messages can still be trusted. */
  get isTrusted(): boolean {
    return this.#fault === undefined;
  }

  /** Notes that the pool wants it to go. One that was killed before goes for that reason. */
  ask(): void {
    this.#isAsked = true;
    if (this.#how !== 'killed') this.#how = 'asked';
  }

  /** Makes it tear down and exit, and kills it after `withinMs`. @param isLoaded whether it has a module to tear down */
  stop(withinMs: number, isLoaded: boolean): void {
    // A module that is still loading has nothing to tear down, and may never finish loading.
    if (!isLoaded && this.#transport.isKillClean) {
      this.#end();
      return;
    }
    this.#transport.expectExit();
    this.#transport.channel.send(FRAME.stop, undefined);
    this.#stopAskedAtMs = this.#clock.now();
    this.limitStop(withinMs);
  }

  /** Kills it this time after it was asked to stop. Returns whether it was. */
  limitStop(withinMs: number): boolean {
    if (Number.isNaN(this.#stopAskedAtMs)) return false;
    const dueAtMs = this.#stopAskedAtMs + withinMs;
    this.#stopIn(dueAtMs - this.#clock.now(), () => {
      // This event loop stood still, so the worker's end may still be unread. It is read before the judgement, only once.
      if (isLate(dueAtMs, this.#clock.now())) this.#stopIn(0, () => this.#tooSlow(withinMs));
      else this.#tooSlow(withinMs);
    });
    return true;
  }

  /** Ends it now. @param why text that ends a sentence, for the tasks in flight */
  kill(why: string): void {
    if (this.#how === 'died') this.#how = 'killed';
    this.#killedFor ??= why;
    this.#end();
  }

  /**
   * Ends it because its messages cannot be trusted any more, or because handling them failed. It counts as one that died,
   * with this error.
   */
  fault(error: Error): void {
    this.#fault ??= error;
    this.#killedFor ??= `what it sent could not be handled: ${error.message}`;
    this.#end();
  }

  /** Notes its end. @param start its way to ready, for why it did not get there */
  ended(worker: EndedWorker, exit: TransportExit, start: WorkerStart): WorkerEnd {
    this.#stopTimer?.cancel();
    this.#killTimer?.cancel();
    if (!start.wasReady && !this.#isAsked) this.#how = 'failedToStart';
    return workerEnd(worker, exit, {
      how: this.#how,
      startError: this.#how === 'failedToStart' ? start.errorOf(exit) : undefined,
      fault: this.#fault,
      killedFor: this.#killedFor,
      isOverdue: this.#isOverdue,
    });
  }

  #stopIn(delayMs: number, callback: () => void): void {
    this.#stopTimer?.cancel();
    this.#stopTimer = this.#clock.after(delayMs, callback);
  }

  #tooSlow(withinMs: number): void {
    this.#isOverdue = true;
    this.#killedFor ??= `it had not torn down and ended within ${withinMs} ms`;
    this.#end();
  }

  #end(): void {
    this.#transport.kill();
    // Two halves: after the first, a loop that stood still for all of it reads the ends that came meanwhile.
    this.#killTimer ??= this.#clock.after(KILL_TIMEOUT_MS / 2, () => {
      this.#killTimer = this.#clock.after(KILL_TIMEOUT_MS / 2, () => this.#giveUp());
    });
  }

  #giveUp(): void {
    if (this.#how !== 'asked') {
      this.#killedFor = `${this.#killedFor ?? 'it was not wanted any more'}; ${KILL_TIMEOUT_MS} ms later it had not ended`;
    }
    // An end that comes after all has no effect any more.
    this.#transport.onExit = () => {};
    this.#givenUp({
      code: null,
      signal: null,
      stderrTail: '',
      outOfMemory: undefined,
      lastSection: this.#transport.board?.section() ?? '',
    });
  }
}
