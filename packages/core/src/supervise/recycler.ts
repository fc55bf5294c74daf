import type { RecycleRules } from '../contract/resolve-options.js';
import { judgeLeak, LeakPoints, type LeakVerdict } from '../sizing/leak.js';
import { chooseToRecycle, stretchOf } from '../sizing/recycling.js';
import type { Pace } from './heartbeat.js';

const LOOK_MS = 1000;
/** Readings of memory, a second apart at least, that a point of a leak's verdict is the least of. */
const READINGS_PER_POINT = 2;

/** What recycling needs of a worker. */
export interface Recyclable {
  readonly id: number;
  readonly isReady: boolean;
  readonly tasksDone: number;
  readonly vitals: { readonly rssBytes: number; readonly warmRssBytes: number; readonly keptBytes: number };
  readyMs(nowMs: number): number;
}

export interface RecyclerParts<W extends Recyclable> {
  rules: RecycleRules;
  /** Share by which the limits of one worker may be lower than those of another, 0 to 1. */
  jitter: number;
  random(): number;
  workers(): readonly W[];
  /** Replaces a worker: a new one first, then this one goes when it has finished what it has in hand. */
  replace(worker: W, reason: string): Promise<void>;
  /** A worker's memory grows with its tasks. Told once for each. */
  leaks(worker: W, verdict: LeakVerdict): void;
}

interface Seen {
  readonly stretch: number;
  readonly points: LeakPoints;
  tasksAtReading: number;
  verdict: LeakVerdict | undefined;
  wasTold: boolean;
}

/** Replaces workers that have done enough, are old, have grown, or leak. Tasks never notice. */
export class Recycler<W extends Recyclable> {
  readonly #parts: RecyclerParts<W>;
  readonly #seen = new Map<W, Seen>();
  readonly #underway = new Set<W>();
  #lookAtMs = -Infinity;

  constructor(parts: RecyclerParts<W>) {
    this.#parts = parts;
  }

  /** A worker has finished tasks. Only their number is looked at: it alone can be over its limit by far in a second. */
  noteDone(worker: W, nowMs: number): void {
    const { afterTasks } = this.#parts.rules;
    if (afterTasks === undefined || worker.tasksDone < afterTasks * this.#of(worker).stretch) return;
    this.#recycle(nowMs);
  }

  /** Once a second; while there is no work, only if age counts. */
  tick(nowMs: number, hasWork: boolean): Pace {
    if (nowMs >= this.#lookAtMs) this.#look(nowMs);
    return hasWork || this.#parts.rules.afterMs !== undefined ? 'slow' : 'rest';
  }

  #look(nowMs: number): void {
    // A beat that is early by a little is not a second early.
    this.#lookAtMs = nowMs + LOOK_MS * 0.9;
    const workers = this.#parts.workers();
    for (const gone of [...this.#seen.keys()].filter((worker) => !workers.includes(worker))) this.#seen.delete(gone);
    for (const worker of workers) if (worker.isReady) this.#read(worker);
    this.#recycle(nowMs);
  }

  #read(worker: W): void {
    const seen = this.#of(worker);
    const { tasksDone, vitals } = worker;
    if (vitals.rssBytes === 0 || tasksDone === seen.tasksAtReading) return;
    seen.tasksAtReading = tasksDone;
    seen.points.add({ tasksDone, keptBytes: vitals.keptBytes });
    seen.verdict = judgeLeak(seen.points.points);
    if (seen.wasTold || seen.verdict?.isLeak !== true) return;
    seen.wasTold = true;
    this.#parts.leaks(worker, seen.verdict);
  }

  #recycle(nowMs: number): void {
    const { rules, workers, replace } = this.#parts;
    // Those that are on their way out have their successors among the others.
    const staying = workers().filter((worker) => !this.#underway.has(worker));
    const ready = staying.filter((worker) => worker.isReady);
    const views = ready.map((worker) => ({
      id: worker.id,
      tasksDone: worker.tasksDone,
      readyMs: worker.readyMs(nowMs),
      rssBytes: worker.vitals.rssBytes,
      warmRssBytes: worker.vitals.warmRssBytes,
      leak: this.#of(worker).verdict,
      stretch: this.#of(worker).stretch,
    }));
    for (const { id, reason } of chooseToRecycle(views, rules, this.#underway.size, staying.length)) {
      const worker = ready.find((each) => each.id === id) as W;
      this.#underway.add(worker);
      void replace(worker, reason).finally(() => this.#underway.delete(worker));
    }
  }

  #of(worker: W): Seen {
    let seen = this.#seen.get(worker);
    if (seen === undefined) {
      const { jitter, random } = this.#parts;
      seen = {
        stretch: stretchOf(jitter, random()),
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
