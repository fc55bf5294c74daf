import type { BalanceStats, DetectedWorkload } from '../contract/stats.js';

/** Sums are halved at this number of tasks, so that about the last 4,096 to 8,192 decide, and start-up is forgotten. */
const KEPT_TASKS = 8192;
/** Before this number of tasks most of the time is that of code that V8 has not compiled yet. */
const KNOWN_FROM = 2048;
/** One call in this number is timed. A prime, so that names that take turns are all among them. */
const TIMED_CALLS = 17;

/** What tasks take from the program's thread, and what their handlers took in workers: running sums over the latest tasks. */
export class Balance {
  #tasks = 0;
  #handedMs = 0;
  #ranMs = 0;

  /** Whether this call is one of those whose time is taken. */
  isTimed(taskId: number): boolean {
    return taskId % TIMED_CALLS === 0;
  }

  /** A timed call took this long: checks aside, the encoding of its input. */
  called(ms: number): void {
    this.#handedMs += ms * TIMED_CALLS;
  }

  /** The program's thread spent this long on tasks of many calls: handing them out, writing frames, reading results. */
  handed(ms: number): void {
    this.#handedMs += ms;
  }

  /** A handler ran to its end. */
  ran(ms: number): void {
    this.#ranMs += ms;
    if (++this.#tasks < KEPT_TASKS) return;
    this.#tasks /= 2;
    this.#handedMs /= 2;
    this.#ranMs /= 2;
  }

  /**
   * @param loopShare share of the time in handlers in which they had their event loop, 0 to 1
   * @param detected what tasks do, all names together
   */
  stats(loopShare: number, detected: DetectedWorkload | undefined): BalanceStats | undefined {
    if (this.#tasks < KNOWN_FROM) return undefined;
    const handOverMs = this.#handedMs / this.#tasks;
    const handlerMs = (this.#ranMs / this.#tasks) * loopShare;
    return { handOverMs, handlerMs, advice: adviceFor(handOverMs, handlerMs, detected) };
  }
}

/**
 * What to do about tasks that cost the program's thread more than a plain call of their handler would. The measured cost is a
 * lower bound, so a pool that this names does cost more.
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

/** Two digits: the figures are averages of uneven things. */
function micros(ms: number): string {
  return `${Number((ms * 1000).toPrecision(2))} µs`;
}
