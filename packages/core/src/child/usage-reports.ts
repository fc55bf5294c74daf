import type { Requests } from '../wire/requests.js';
import type { ParentTopics, UsedUnits, WorkerTopics } from '../wire/topics.js';
import { outsideOfTasks } from './clean-context.js';
import { whenSettled } from './promised.js';

/** Time after which a parent that stands still gets the next reports all the same. */
const TAKEN_WITHIN_MS = 60_000;

type Used = UsedUnits[1];

/**
 * Sends what tasks have really used to the parent. A handler may report in a loop, so one message at a time is under way. The
 * latest report of each task waits for its answer. A task that ends sends its own ahead of its result.
 */
export class UsageReports {
  readonly #send: (all: readonly UsedUnits[], taken: () => void) => void;
  /** Running tasks that have reported. */
  readonly #reported = new Set<number>();
  /** Latest reports that have not left. */
  readonly #unsent = new Map<number, Used>();
  #underWay = 0;

  /** @param send calls back when the parent has taken the reports, or will not */
  constructor(send: (all: readonly UsedUnits[], taken: () => void) => void) {
    this.#send = send;
  }

  /** Takes the report of the task with this wire id, in place of earlier ones. */
  report(id: number, used: Used): void {
    this.#reported.add(id);
    this.#unsent.set(id, used);
    if (this.#underWay === 0) this.#sendAll();
  }

  /** Ends a task: its report leaves ahead of its result. Returns whether it has made any. */
  end(id: number): boolean {
    if (this.#reported.size === 0) return false;
    if (this.#unsent.has(id)) this.#sendAll();
    return this.#reported.delete(id);
  }

  #sendAll(): void {
    const all = [...this.#unsent];
    this.#unsent.clear();
    this.#underWay++;
    this.#send(all, () => {
      this.#underWay--;
      if (this.#underWay === 0 && this.#unsent.size > 0) this.#sendAll();
    });
  }
}

/** Sends reports as requests: their answers show that the parent keeps up. */
export function sendUsage(
  requests: Requests<WorkerTopics, ParentTopics>,
): (all: readonly UsedUnits[], taken: () => void) => void {
  return (all, taken) => {
    // Outside: timer and promise would keep the context of the handler's task in memory.
    outsideOfTasks(() => {
      whenSettled(requests.ask('used', all, { timeoutMs: TAKEN_WITHIN_MS }), taken, taken);
    });
  };
}
