import type { Requests } from '../wire/requests.js';
import type { ParentTopics, UsedUnits, WorkerTopics } from '../wire/topics.js';
import { outsideOfTasks } from './clean-context.js';
import { whenSettled } from './promised.js';

/** Most units of a report, and the longest name of one. More would only be work for the parent. */
const MOST_UNITS = 16;
const LONGEST_UNIT = 200;
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

/** A copy of what a handler reports. @throws TypeError for anything but a few units with finite numbers of 0 or more */
export function checkUsed(used: unknown): Used {
  const isObject = typeof used === 'object' && used !== null && !Array.isArray(used);
  const units = isObject ? Object.entries(used) : [];
  const isRight = ([unit, amount]: [string, unknown]): boolean =>
    unit.length <= LONGEST_UNIT && Number.isFinite(amount) && (amount as number) >= 0;
  if (units.length > 0 && units.length <= MOST_UNITS && units.every(isRight)) return Object.fromEntries(units);
  throw new TypeError(
    `ctx.report takes an object of 1 to ${MOST_UNITS} units with finite numbers of 0 or more, such as { tokens: 1200 }.`,
  );
}
