import { nextTick, setImmediate } from '../base/natives.js';
import { ReusedList } from '../base/reused-list.js';
import type { TaskBook } from '../task/task-book.js';
import type { Worker } from '../worker/worker.js';

/** The core count is read from files, so it is skipped until this many tasks are done. */
const TASKS_BEFORE_CORES = 64;
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
  book: TaskBook;
  /** Every worker that has become ready and not ended. */
  workers: readonly Worker[];
  /** Cores the program may use. */
  cores(): number;
  /** Gives waiting tasks to workers that have room. */
  handOut(): void;
  /** All that could leave has left. @param hasSent whether anything did */
  over(hasSent: boolean): void;
}

/**
 * When tasks are handed out: once in a turn of the event loop, behind all that happens in it, and before that whenever many have
 * gathered. All tasks of one pass that go to one worker leave in one frame.
 */
export class Passes {
  readonly #parts: PassesParts;
  /** Workers with tasks in their outbox. */
  readonly #unsent = new ReusedList<Worker>();
  #isDue = false;
  #isImmediateSet = false;
  /** Tasks submitted since the last pass. */
  #submitted = 0;
  readonly #pass = (): void => {
    if (this.#isDue) this.#run();
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
    if (this.#parts.book.pending <= FEW * this.#parts.workers.length) {
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

  /** A worker has a first task in its outbox. */
  noteUnsent(worker: Worker): void {
    this.#unsent.push(worker);
  }

  #run(): void {
    this.#isDue = false;
    this.#submitted = 0;
    this.#parts.handOut();
    // A worker that stays awake needs a core, and so does this thread: one for each at work, and one more.
    const isCalm = this.#isCalm();
    for (let index = 0; index < this.#unsent.size; index++) this.#unsent.at(index).flush(isCalm);
    const hasSent = this.#unsent.size > 0;
    this.#unsent.clear();
    this.#parts.over(hasSent);
  }

  #isCalm(): boolean {
    const { counts, pending } = this.#parts.book;
    if (counts.completed < TASKS_BEFORE_CORES) return false;
    return pending < this.#parts.cores();
  }
}
