import { hostNowMs } from '../base/clock.js';
import { nextTick, setImmediate } from '../base/natives.js';

/** Handlers are called for this long before the event loop turns. */
const SLICE_MS = 1;

const settled = Promise.resolve();
/** A reaction of a promise. Not by queueMicrotask, which calls what a handler may have replaced. */
const react = settled.then.bind(settled) as (reaction: () => void) => Promise<void>;

export interface TurnsParts {
  /** The loop has turned: a slice begins. */
  turned(): void;
  /** All reactions to settled promises have run, within the slice. */
  reacted(): void;
}

/** When a worker may call its next handler. */
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
    // Between two callbacks Node runs all reactions.
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

  /** A slice begins with a message that has come. */
  begin(nowMs: number): void {
    this.#sliceEnd = nowMs + SLICE_MS;
  }

  /**
   * Whether the next handler may be called now. If not, `turned` or `reacted` will be called. Beside others it is called when
   * all reactions have run: what those have returned is in the log then, before a handler that may block this thread for seconds,
   * or end it.
   * @param isAlone whether no other handler runs
   */
  mayCall(nowMs: number, isAlone: boolean): boolean {
    if (nowMs > this.#sliceEnd) {
      this.next();
      return false;
    }
    if (!isAlone && !this.#haveReacted) {
      this.#isReacting = true;
      // A tick alone would come before the reactions, and a reaction among them.
      void react(this.#tick);
      return false;
    }
    this.#haveReacted = false;
    return true;
  }

  /** Has the loop turn. Results may leave in the check phase: every frame that arrived in a turn has been taken in by then. */
  next(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(this.#turn);
  }
}
