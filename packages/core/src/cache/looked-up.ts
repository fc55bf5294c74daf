import type { CallLimits, SharedResult, SharedTask, TaskSight } from '../backend/backend.js';

/** What is seen of a task that has not begun. */
export const NOT_BEGUN: TaskSight = { isQueued: true, startedAtMs: undefined, workerId: 0, queued: 0 };

/** A task whose result is looked for first. It begins only if there is none. */
export class LookedUp implements SharedTask {
  readonly result: Promise<SharedResult>;
  /** Resolves when the result was found, or the task has begun, or cannot begin. */
  readonly begun: Promise<void>;
  /** Rejects the result, if the look has not ended. */
  readonly refuse: (error: Error) => void;
  #task: SharedTask | undefined;
  /** Limits that it got before it began. */
  #limits: CallLimits | undefined;

  /** @param begin called if nothing is found, unless `signal` has aborted by then */
  constructor(found: Promise<SharedResult | undefined>, signal: AbortSignal, begin: () => SharedTask) {
    let refuse: (error: Error) => void = () => {};
    const refused = new Promise<never>((_, reject) => {
      refuse = reject;
    });
    this.refuse = refuse;
    const begun = Promise.race([found, refused]).then((result) => {
      if (result !== undefined) return { found: result };
      signal.throwIfAborted();
      this.#task = begin();
      if (this.#limits !== undefined) this.#task.loosen(this.#limits);
      // In an object: a promise would wait for its end.
      return { task: this.#task };
    });
    this.result = begun.then((end) => ('found' in end ? end.found : end.task.result));
    this.begun = begun.then(
      () => {},
      () => {},
    );
  }

  /** Whether the task has not begun: the result may yet be an old one. */
  get isLooking(): boolean {
    return this.#task === undefined;
  }

  look(): TaskSight {
    return this.#task?.look() ?? NOT_BEGUN;
  }

  loosen(limits: CallLimits): void {
    if (this.#task === undefined) this.#limits = limits;
    else this.#task.loosen(limits);
  }
}
