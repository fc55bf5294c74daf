import { hostNowMs } from '../base/clock.js';
import { nextTick, setImmediate } from '../base/natives.js';

/**
 * Time for which handlers are called before the event loop turns. A cancellation, or a frame of tasks, waits as long. A turn
 * takes 1 µs, a thousandth of it. At half it would be as little; at double, messages wait 2 ms.
 */
const SLICE_MS = 1;

const settled = Promise.resolve();
/** Runs a reaction of a promise. Not queueMicrotask, which calls functions that a handler may have replaced. */
const react = settled.then.bind(settled) as (reaction: () => void) => Promise<void>;

export interface TurnsParts {
  /** Called when the loop has turned: a slice begins. */
  turned(): void;
  /** Called when all reactions to settled promises have run, within the slice. */
  reacted(): void;
}

/** Decides when a worker may call its next handler. */
export class Turns {
  readonly #parts: TurnsParts;
  #isDue = false;
  #sliceEnd = 0;
  /** Whether no handler has been called since reactions ran. */
  #haveReacted = false;
  #isReacting = false;
  readonly #turn = (): void => {
    this.#isDue = false;
    this.begin(hostNowMs());
    // Node runs all reactions between two callbacks.
    this.#haveReacted = true;
    this.#parts.turned();
  };
  readonly #tick = (): void => nextTick(this.#goOn);
  readonly #goOn = (): void => {
    this.#isReacting = false;
    this.#haveReacted = true;
    this.#parts.reacted();
  };

  constructor(parts: TurnsParts) {
    this.#parts = parts;
  }

  /** Whether the next handler waits for reactions. */
  get isReacting(): boolean {
    return this.#isReacting;
  }

  /** Begins a slice with a new message. */
  begin(nowMs: number): void {
    this.#sliceEnd = nowMs + SLICE_MS;
  }

  /**
   * Whether the next handler may be called now. If not, `turned` or `reacted` will be called. Beside other calls, a handler is
   * called only after all reactions. Their results are then in the log before a handler that may block this thread for seconds, or
   * end it.
   * @param isAlone whether no other handler runs
   */
  mayCall(nowMs: number, isAlone: boolean): boolean {
    if (nowMs > this.#sliceEnd) {
      this.next();
      return false;
    }
    if (!isAlone && !this.#haveReacted) {
      this.#isReacting = true;
      // A tick alone would come before the reactions, and a reaction in the middle of them.
      void react(this.#tick);
      return false;
    }
    this.#haveReacted = false;
    return true;
  }

  /** Makes the loop turn. Results may leave in the check phase: every frame that arrived in a turn has been taken in by then. */
  next(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(this.#turn);
  }
}
