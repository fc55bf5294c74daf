import { type Deferred, deferred } from '../base/deferred.js';

/**
 * When the new worker takes over. 'ready': as soon as it is ready, while the old one finishes what it has in flight. 'done':
 * once the old one has finished. The old one gets nothing more, and the new one stands by until then.
 */
export type TakeOver = 'ready' | 'done';

/** Why and how a worker is replaced. */
export interface Replacing {
  readonly reason: string;
  readonly takeOver: TakeOver;
  /** The old worker will never take tasks again, so a new one that cannot start is missing like any other. */
  readonly isFinal: boolean;
}

/** A worker that is to go, and its successor. */
export interface Replacement<W> extends Replacing {
  readonly old: W;
  /** Undefined until a successor is started, and after its end. */
  heir: W | undefined;
}

interface Entry<W> extends Replacement<W> {
  readonly over: Deferred<void>;
}

/** Workers that are to be replaced, from the request until the old worker has gone. */
export class Replacements<W> {
  readonly #entries = new Map<W, Entry<W>>();
  readonly #isStaying: (worker: W) => boolean;

  /** @param isStaying whether a worker is not on its way out */
  constructor(isStaying: (worker: W) => boolean) {
    this.#isStaying = isStaying;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Resolves when the old worker has gone; rejects when no new one can be started. */
  add(old: W, replacing: Replacing): Promise<void> {
    let entry = this.#entries.get(old);
    if (entry === undefined) {
      entry = { ...replacing, old, heir: undefined, over: deferred<void>() };
      this.#entries.set(old, entry);
    }
    return entry.over.promise;
  }

  /** Replacements whose old worker still works, or waits to be relieved; the oldest request first. */
  pending(takeOver?: TakeOver): Replacement<W>[] {
    if (this.#entries.size === 0) return [];
    const all = [...this.#entries.values()].filter(({ old }) => this.#isStaying(old));
    return takeOver === undefined ? all : all.filter((entry) => entry.takeOver === takeOver);
  }

  /** Whether this worker takes no more tasks, whatever becomes of its successor. */
  isDone(worker: W): boolean {
    return this.#entries.get(worker)?.isFinal === true;
  }

  /** The request for which this worker was started. */
  ofHeir(heir: W): Replacement<W> | undefined {
    return this.pending().find((entry) => entry.heir === heir);
  }

  /** Ends the request, since no successor can be started; the old worker stays. */
  failed({ old }: Replacement<W>, error: unknown): void {
    const entry = this.#entries.get(old);
    this.#entries.delete(old);
    entry?.over.reject(error);
  }

  /** A worker has ended. */
  gone(worker: W): void {
    const heirOf = this.ofHeir(worker);
    if (heirOf !== undefined) heirOf.heir = undefined;
    const entry = this.#entries.get(worker);
    this.#entries.delete(worker);
    entry?.over.resolve();
  }
}
