import type { BalanceStats, DetectedWorkload } from '../contract/stats.js';

/** Sums are halved at this number of tasks. So about the last 4,096 to 8,192 count, and start-up is forgotten. */
const KEPT_TASKS = 8192;
/** Before this number of tasks, most of the time is that of code that V8 has not compiled yet. */
const KNOWN_FROM = 2048;
/**
 * One call in this number is timed. It is prime, so that names that take turns are all among them. Two readings of the clock
 * in each call would take a sixth of its 0.7 µs (docs/decisions/0011-what-limits-dispatch.md). This way they take 1 %.
 */
const TIMED_CALLS = 17;

/**
 * Time that tasks take of the program's thread, and of workers in their handlers: running sums over the latest tasks. Averages by
 * name would not do, because the program's thread handles tasks of all names together.
 */
export class Balance {
  #tasks = 0;
  #handedMs = 0;
  #ranMs = 0;
  /** Sums since the beginning, ms. Those of calls are estimated from the timed ones. */
  readonly spent = { encodeMs: 0, decodeMs: 0, dispatchMs: 0 };

  /** Whether this call is timed. */
  isTimed(taskId: number): boolean {
    return taskId % TIMED_CALLS === 0;
  }

  /** Adds the time of a timed call: without its checks, the encoding of its input. */
  called(ms: number): void {
    this.#handedMs += ms * TIMED_CALLS;
    this.spent.encodeMs += ms * TIMED_CALLS;
  }

  /** Adds time of the program's thread for tasks of many calls: choosing workers, and writing frames. */
  sent(ms: number): void {
    this.#handedMs += ms;
    this.spent.dispatchMs += ms;
  }

  /** Adds time in which results were read, and their tasks settled. */
  read(ms: number): void {
    this.#handedMs += ms;
    this.spent.decodeMs += ms;
  }

  /** Adds the time of a handler that ran to its end. */
  ran(ms: number): void {
    this.#ranMs += ms;
    if (++this.#tasks < KEPT_TASKS) return;
    this.#tasks /= 2;
    this.#handedMs /= 2;
    this.#ranMs /= 2;
  }

  /**
   * @param loopShare share of the time in handlers in which they had their event loop, 0 to 1
   * @param detected what tasks of all names do
   */
  stats(loopShare: number, detected: DetectedWorkload | undefined): BalanceStats | undefined {
    if (this.#tasks < KNOWN_FROM) return undefined;
    const handOverMs = this.#handedMs / this.#tasks;
    const handlerMs = (this.#ranMs / this.#tasks) * loopShare;
    return { handOverMs, handlerMs, advice: adviceFor(handOverMs, handlerMs, detected) };
  }
}

/**
 * Advice on tasks that cost the program's thread more than a plain call of their handler would. The measured cost is a lower
 * bound, so a pool with advice does cost more.
 */
export function adviceFor(
  handOverMs: number,
  handlerMs: number,
  detected: DetectedWorkload | undefined,
): string | undefined {
  if (handOverMs <= handlerMs) return undefined;
  const figures = `A task takes this thread ${micros(handOverMs)} to hand over, and a handler ${micros(handlerMs)} of its worker's thread`;
  return detected === 'waiting'
    ? `${figures}, since it mostly waits: plain async calls in this program cost less.`
    : `${figures}: put several inputs into one task, or call the function directly.`;
}

/** Two digits, because the figures are averages of uneven values. */
function micros(ms: number): string {
  return `${Number((ms * 1000).toPrecision(2))} µs`;
}
