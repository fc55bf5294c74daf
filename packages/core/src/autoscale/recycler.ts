import { nextDelayMs } from '../base/backoff.js';
import type { RecycleRules } from '../contract/resolved-options.js';
import { judgeLeak, LeakPoints, type LeakVerdict } from '../sizing/leak.js';
import { chooseToRecycle, mostTasksOf, stretchOf } from '../sizing/recycling.js';
import type { Replacing } from '../supervise/replacements.js';
import { BEAT_MS, type Keeper, type Pace, SLOW_LOOK_MS } from './heartbeat.js';

/**
 * Greatest delay after a replacement that could not start. The delay grows from one slow beat with each failure. Each try
 * costs the start of a worker, 45 ms of processor time (docs/decisions/0009-worker-start.md). In the long run that is 0.15 %
 * of a core. Twice as much time would only let a repaired module wait for two minutes.
 */
const MOST_RETRY_MS = 60_000;
/**
 * Each data point of a leak's verdict is the minimum of this many readings, at least a second apart. One reading would take
 * uncollected garbage for memory. Four would have the first verdict after two minutes of work instead of one.
 */
const READINGS_PER_POINT = 2;

/** The data of a worker that recycling needs. */
export interface Recyclable {
  readonly id: number;
  readonly isReady: boolean;
  readonly tasksDone: number;
  /** Tasks in flight. */
  readonly inFlight: number;
  /** Most tasks that it may take in all. */
  readonly mostTasks: number;
  limitTasks(mostTasks: number): void;
  readonly metrics: { readonly rssBytes: number; readonly warmRssBytes: number; readonly keptBytes: number };
  readyMs(nowMs: number): number;
}

export interface RecyclerParts<W extends Recyclable> {
  rules: RecycleRules;
  /** Share by which the limits of one worker may be lower than those of another, 0 to 1. */
  jitter: number;
  random(): number;
  now(): number;
  workers(): readonly W[];
  /** Number of workers that there should be. */
  wanted(): number;
  /** Replaces a worker. Resolves when it has gone. Rejects when no new one can be started, and then it stays. */
  replace(worker: W, replacing: Replacing): Promise<void>;
  /** Reports that workers may take tasks again. */
  haveRoom(): void;
  /** Reports that a worker's memory grows with its tasks; once for each worker. */
  leaks(worker: W, verdict: LeakVerdict): void;
}

interface Seen {
  readonly stretch: number;
  /** Limit by its rule, whatever it may take while it cannot be replaced. */
  readonly mostTasks: number;
  readonly points: LeakPoints;
  tasksAtReading: number;
  verdict: LeakVerdict | undefined;
  wasTold: boolean;
}

/** Replaces workers that have done enough, are old, have grown, or leak. Tasks never notice. */
export class Recycler<W extends Recyclable> implements Keeper {
  readonly #parts: RecyclerParts<W>;
  readonly #seen = new Map<W, Seen>();
  readonly #underway = new Set<W>();
  #lookAtMs = -Infinity;
  /** Failed starts of replacements in a row, and the time of the next try. */
  #failures = 0;
  #retryAtMs = -Infinity;

  constructor(parts: RecyclerParts<W>) {
    this.#parts = parts;
  }

  /** Limits a worker that begins to take tasks to what its rule allows. */
  limit(worker: W): void {
    worker.limitTasks(this.#of(worker).mostTasks);
  }

  /**
   * Replaces workers that have taken their last task, after tasks were handed out. A new worker starts while the last task
   * runs, so that the next one does not wait for it.
   */
  noteHandedOut(): void {
    if (this.#parts.rules.afterTasks === undefined) return;
    if (this.#parts.workers().some((worker) => this.#hasTakenAll(worker))) this.#recycle(this.#parts.now());
  }

  /** Looks once a second; while there is no work, only if age counts. */
  tick(nowMs: number, hasWork: boolean): Pace {
    if (nowMs >= this.#lookAtMs) this.#look(nowMs);
    return hasWork || this.#parts.rules.afterMs !== undefined ? 'slow' : 'rest';
  }

  #look(nowMs: number): void {
    this.#lookAtMs = nowMs + SLOW_LOOK_MS;
    const workers = this.#parts.workers();
    for (const gone of [...this.#seen.keys()].filter((worker) => !workers.includes(worker))) this.#seen.delete(gone);
    for (const worker of workers) if (worker.isReady) this.#read(worker);
    this.#recycle(nowMs);
  }

  #read(worker: W): void {
    const seen = this.#of(worker);
    const { tasksDone, metrics } = worker;
    if (metrics.rssBytes === 0 || tasksDone === seen.tasksAtReading) return;
    seen.tasksAtReading = tasksDone;
    seen.points.add({ tasksDone, keptBytes: metrics.keptBytes });
    seen.verdict = judgeLeak(seen.points.points);
    if (seen.wasTold || seen.verdict?.isLeak !== true) return;
    seen.wasTold = true;
    this.#parts.leaks(worker, seen.verdict);
  }

  #recycle(nowMs: number): void {
    const { rules, workers, wanted } = this.#parts;
    if (nowMs < this.#retryAtMs) {
      this.#letWorkOn();
      return;
    }
    const ready = workers().filter((worker) => worker.isReady && !this.#underway.has(worker));
    const views = ready.map((worker) => ({
      id: worker.id,
      tasksTaken: worker.tasksDone + worker.inFlight,
      readyMs: worker.readyMs(nowMs),
      rssBytes: worker.metrics.rssBytes,
      warmRssBytes: worker.metrics.warmRssBytes,
      leak: this.#of(worker).verdict,
      stretch: this.#of(worker).stretch,
      mostTasks: this.#of(worker).mostTasks,
    }));
    for (const { id, reason } of chooseToRecycle(views, rules, this.#underway.size, wanted())) {
      const worker = ready.find((each) => each.id === id) as W;
      void this.#replace(worker, reason);
    }
  }

  async #replace(worker: W, reason: string): Promise<void> {
    const takeOver = this.#hasTakenAll(worker) ? 'done' : 'ready';
    this.#underway.add(worker);
    try {
      await this.#parts.replace(worker, { reason, takeOver, isFinal: this.#isFinal });
      this.#failures = 0;
      this.#retryAtMs = -Infinity;
    } catch {
      // The supervisor has reported the reason. Here another try must wait, and work goes on meanwhile.
      const { now, random } = this.#parts;
      this.#failures++;
      this.#retryAtMs = now() + BEAT_MS.slow + nextDelayMs(this.#failures, BEAT_MS.slow, MOST_RETRY_MS, random());
    }
    this.#underway.delete(worker);
    if (this.#failures > 0) this.#letWorkOn();
  }

  /** With one task per worker, a second task would break the promise. With any other rule, an old worker is better than none. */
  get #isFinal(): boolean {
    return this.#parts.rules.afterTasks === 1;
  }

  #hasTakenAll(worker: W): boolean {
    return worker.isReady && worker.tasksDone + worker.inFlight >= worker.mostTasks;
  }

  /** Lets workers that have done their tasks, and cannot be replaced now, go on until they can. */
  #letWorkOn(): void {
    if (this.#isFinal) return;
    const idle = this.#parts.workers().filter((worker) => this.#hasTakenAll(worker) && !this.#underway.has(worker));
    for (const worker of idle) worker.limitTasks(Infinity);
    if (idle.length > 0) this.#parts.haveRoom();
  }

  #of(worker: W): Seen {
    let seen = this.#seen.get(worker);
    if (seen === undefined) {
      const { jitter, random, rules } = this.#parts;
      const stretch = stretchOf(jitter, random());
      seen = {
        stretch,
        mostTasks: mostTasksOf(rules.afterTasks, stretch),
        points: new LeakPoints(READINGS_PER_POINT),
        tasksAtReading: 0,
        verdict: undefined,
        wasTold: false,
      };
      this.#seen.set(worker, seen);
    }
    return seen;
  }
}
