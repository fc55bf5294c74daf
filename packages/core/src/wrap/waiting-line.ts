import { listen } from '../base/abort-watch.js';

interface Place<T> {
  readonly item: T;
  readonly grant: () => void;
}

/** Tries that wait for their turn, in their order. One whose signal aborts leaves. */
export class WaitingLine<T> {
  readonly #places = new Set<Place<T>>();

  get size(): number {
    return this.#places.size;
  }

  /** The item that is next; undefined if none waits. */
  get head(): T | undefined {
    for (const { item } of this.#places) return item;
    return undefined;
  }

  /** Resolves when it is granted. @param left called when it leaves before */
  wait(item: T, signal: AbortSignal, left: () => void): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const unlisten = listen(signal, () => {
        this.#places.delete(place);
        left();
        reject(signal.reason);
      });
      const place: Place<T> = {
        item,
        grant: () => {
          this.#places.delete(place);
          unlisten();
          resolve();
        },
      };
      this.#places.add(place);
    });
  }

  /** Grants the one that is next. */
  grantHead(): void {
    for (const { grant } of this.#places) {
      grant();
      return;
    }
  }
}
