import { nextTick, setImmediate } from '../base/natives.js';
import type { TaskRegistry } from '../task/task-registry.js';
import type { Worker } from '../worker/worker.js';

/**
 * With at most this many tasks per worker, no task waits for others: latency counts, not throughput. One runs, and its
 * caller may submit one more before it ends. At one, such a caller waits for the check phase; at four, frames of busy
 * workers would be smaller.
 */
const FEW = 2;

/**
 * With this many new tasks a frame pays. Workers then do not wait for the rest of the turn, which took up to 7 ms. Two
 * threads on two cores did 3 to 18 % more tasks a second. Two processes did the same number, within the noise (medians of
 * seven rounds).
 */
const WORTH_A_FRAME = 128;

/** By `then`, a function runs after the promise callbacks that are due. queueMicrotask makes a resource for each call. */
const SETTLED = Promise.resolve();

export interface PassesParts {
  registry: TaskRegistry;
  /** Every worker that has become ready and has not ended. */
  workers: readonly Worker[];
  /** Runs one pass: assigns what can be assigned, and sends it. */
  run(): void;
}

/**
 * Decides when tasks are handed out: once in a turn of the event loop, after everything else in it. When many have gathered,
 * a pass runs earlier. All tasks of one pass for one worker leave in one frame.
 */
export class Passes {
  readonly #parts: PassesParts;
  #isDue = false;
  #isImmediateSet = false;
  /** Tasks submitted since the last pass. */
  #submitted = 0;
  readonly #pass = (): void => {
    if (!this.#isDue) return;
    this.#isDue = false;
    this.#submitted = 0;
    this.#parts.run();
  };
  readonly #passNextTick = (): void => nextTick(this.#pass);
  readonly #passInImmediate = (): void => {
    this.#isImmediateSet = false;
    this.#pass();
  };

  constructor(parts: PassesParts) {
    this.#parts = parts;
  }

  /**
   * Asks for a pass, as there may be something to hand out or to send.
   * @param isSettling whether callers are about to get results. Tasks that they submit then leave with this pass. An empty
   * pass before them cost the parent 2 of the 41 µs of processor time of a lone call
   */
  schedule(isSettling = false): void {
    if (this.#isDue) return;
    this.#isDue = true;
    // Runs after all promise callbacks of this turn, so that tasks submitted there leave in the same frame.
    if (this.#parts.registry.pending <= FEW * this.#parts.workers.length) {
      if (isSettling) void SETTLED.then(this.#passNextTick);
      else nextTick(this.#pass);
    }
    // With much under way, it also runs after all frames that have arrived. Otherwise each frame would be answered with a
    // frame of its own. Measured with 2,048 in flight on 32 threads: 1.2 tasks a frame without this, 64 with it.
    else if (!this.#isImmediateSet) {
      this.#isImmediateSet = true;
      setImmediate(this.#passInImmediate);
    }
  }

  /** Notes that a task has joined the queue. */
  noteSubmitted(): void {
    this.schedule();
    if (++this.#submitted === WORTH_A_FRAME) nextTick(this.#pass);
  }
}
