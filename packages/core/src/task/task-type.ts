import { Histogram } from '../base/histogram.js';
import type { TaskSettings } from '../contract/resolve-options.js';
import { TaskProfile } from '../sizing/task-profile.js';

/** Weight of the newest sample in the moving average. The last 20 tasks or so decide. */
const NEWEST = 0.1;
/** How many times as long as typical a task may count, and the least it may count, ms, so that 0 is not for ever. */
const MUCH_LONGER = 4;
const LEAST_MS = 0.02;
/** What a task is taken for before one of its name has ended: a long one, so that nothing is sent ahead behind it. */
const UNKNOWN_MS = 1000;

/** What a key is taken to be worth before tasks of its name have run on workers that knew theirs and on others, ms. */
const UNKNOWN_WORTH_MS = 10;
/** Nothing is worth a longer wait for one worker while another is idle. */
const MOST_WORTH_MS = 10_000;

/** What is known of all tasks of one name: settings, counts, times. */
export class TaskType {
  readonly name: string;
  readonly settings: TaskSettings;
  completed = 0;
  failed = 0;
  readonly wait = new Histogram();
  readonly run = new Histogram();
  readonly total = new Histogram();
  /** What they do to their workers. */
  readonly profile = new TaskProfile();
  /** Expected execution time, ms: a moving average. */
  expectedMs = UNKNOWN_MS;
  /**
   * Execution time of most of them, ms: a moving average in which one that took much longer counts as one that took
   * MUCH_LONGER times as long. What is sent ahead goes by it: one 200 ms task among a hundred of 10 µs does not end
   * sending ahead, since what then stands behind it is taken back; a name that has become long is found out all the same.
   */
  typicalMs = UNKNOWN_MS;
  /** Bytes of a result: a moving average. */
  resultBytes = 0;
  /** Execution time where the worker knew the key, and where it did not, ms: moving averages; NaN before the first. */
  #warmMs = NaN;
  #coldMs = NaN;

  constructor(name: string, settings: TaskSettings) {
    this.name = name;
    this.settings = settings;
  }

  /** A handler ran to its end. */
  record(waitMs: number, runMs: number, totalMs: number): void {
    this.wait.record(waitMs);
    this.run.record(runMs);
    this.total.record(totalMs);
    if (this.run.count === 1) {
      this.expectedMs = this.typicalMs = runMs;
      return;
    }
    this.expectedMs += (runMs - this.expectedMs) * NEWEST;
    const seenMs = Math.min(runMs, this.typicalMs * MUCH_LONGER + LEAST_MS);
    this.typicalMs += (seenMs - this.typicalMs) * NEWEST;
  }

  /** A handler's result has these bytes. */
  recordResult(bytes: number): void {
    this.resultBytes += (bytes - this.resultBytes) * NEWEST;
  }

  /** A handler ran to its end for a task with a key. */
  recordKeyed(isWarm: boolean, runMs: number): void {
    if (isWarm) this.#warmMs = Number.isNaN(this.#warmMs) ? runMs : this.#warmMs + (runMs - this.#warmMs) * NEWEST;
    else this.#coldMs = Number.isNaN(this.#coldMs) ? runMs : this.#coldMs + (runMs - this.#coldMs) * NEWEST;
  }

  /** Execution time saved by a worker that knows the key, ms. */
  get keyWorthMs(): number {
    const saved = this.#coldMs - this.#warmMs;
    return Number.isNaN(saved) ? UNKNOWN_WORTH_MS : Math.min(Math.max(0, saved), MOST_WORTH_MS);
  }
}
