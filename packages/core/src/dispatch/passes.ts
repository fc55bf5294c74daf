import { nextTick, setImmediate } from '../base/natives.js';
import type { TaskRegistry } from '../task/task-registry.js';
import type { Worker } from '../worker/worker.js';

/** With no more tasks per worker than this, none waits for company: latency counts, not throughput. */
const FEW = 2;

/**
 * With this number of new tasks a frame is worth its price, and workers do not wait for the rest of the turn, which took up to 7 ms.
 * Two threads on two cores did 3 to 18 % more tasks a second; two processes as many, within the noise (medians of seven rounds).
 */
const WORTH_A_FRAME = 128;

/** By `then`, a function runs behind the promise callbacks that are due. queueMicrotask makes a resource for each call. */
const SETTLED = Promise.resolve();

export interface PassesParts {
  registry: TaskRegistry;
  /** Every worker that has become ready and not ended. */
  workers: readonly Worker[];
  /** One pass: assigns what can be assigned, and sends it. */
  run(): void;
}

/**
 * When tasks are handed out: once in a turn of the event loop, behind all that happens in it, and before that whenever many have
 * gathered. All tasks of one pass that go to one worker leave in one frame.
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
   * There may be something to hand out, or to send.
   * @param isSettling whether callers are about to hear of results. What they submit leaves with this pass. One before them, with
   *   nothing to hand out, took 2 of the 41 µs of processor time that a lone call took the parent
   */
  schedule(isSettling = false): void {
    if (this.#isDue) return;
    this.#isDue = true;
    // After all promise callbacks of this turn, so that whatever they submit leaves in the same frame.
    if (this.#parts.registry.pending <= FEW * this.#parts.workers.length) {
      if (isSettling) void SETTLED.then(this.#passNextTick);
      else nextTick(this.#pass);
    }
    // With much under way, after the frames of all workers that have arrived, too: otherwise each would be answered with a
    // frame of its own. Measured with 2,048 in flight on 32 threads: 1.2 tasks a frame without this, 64 with it.
    else if (!this.#isImmediateSet) {
      this.#isImmediateSet = true;
      setImmediate(this.#passInImmediate);
    }
  }

  /** A task has joined the queue. */
  noteSubmitted(): void {
    this.schedule();
    if (++this.#submitted === WORTH_A_FRAME) nextTick(this.#pass);
  }
}
