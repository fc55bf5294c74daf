/**
 * Tells which of many things an aborted signal was for. One listener per signal, however many wait on it: ten thousand
 * tasks may share one signal without a warning of too many listeners.
 */
export class AbortWatch<T> {
  readonly #waiting = new Map<AbortSignal, { waiting: Set<T>; listener: () => void }>();
  readonly #onAbort: (item: T, reason: unknown) => void;

  constructor(onAbort: (item: T, reason: unknown) => void) {
    this.#onAbort = onAbort;
  }

  watch(signal: AbortSignal, item: T): void {
    let entry = this.#waiting.get(signal);
    if (entry === undefined) {
      const waiting = new Set<T>();
      const listener = (): void => {
        this.#waiting.delete(signal);
        for (const each of waiting) this.#onAbort(each, signal.reason);
      };
      entry = { waiting, listener };
      this.#waiting.set(signal, entry);
      signal.addEventListener('abort', listener, { once: true });
    }
    entry.waiting.add(item);
  }

  forget(signal: AbortSignal, item: T): void {
    const entry = this.#waiting.get(signal);
    if (entry === undefined) return;
    entry.waiting.delete(item);
    if (entry.waiting.size > 0) return;
    signal.removeEventListener('abort', entry.listener);
    this.#waiting.delete(signal);
  }
}
