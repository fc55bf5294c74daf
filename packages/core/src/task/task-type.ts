import { Histogram } from '../base/histogram.js';
import type { TaskSettings } from '../contract/resolve-options.js';

/** Weight of the newest sample in the moving average. The last 20 tasks or so decide. */
const NEWEST = 0.1;
/** What a task is taken for before one of its name has ended: a long one, so that nothing is sent ahead behind it. */
const UNKNOWN_MS = 1000;

/** What is known of all tasks of one name: settings, counts, times. */
export class TaskType {
  readonly name: string;
  readonly settings: TaskSettings;
  completed = 0;
  failed = 0;
  readonly wait = new Histogram();
  readonly run = new Histogram();
  readonly total = new Histogram();
  /** Expected execution time, ms: a moving average. */
  expectedMs = UNKNOWN_MS;

  constructor(name: string, settings: TaskSettings) {
    this.name = name;
    this.settings = settings;
  }

  /** A handler ran to its end. */
  record(waitMs: number, runMs: number, totalMs: number): void {
    this.wait.record(waitMs);
    this.run.record(runMs);
    this.total.record(totalMs);
    this.expectedMs = this.run.count === 1 ? runMs : this.expectedMs + (runMs - this.expectedMs) * NEWEST;
  }
}
