import { callSafely } from './call-safely.js';

/** The callbacks of one signal, in order, behind one listener. */
interface Ears {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

/** For the whole program: Node warns of more than ten listeners, and pools of one server may share its signal. */
const ears = new WeakMap<AbortSignal, Ears>();

/**
 * Calls back once when the signal aborts. The returned function takes the callback back, and leaves no listener on the signal.
 * An exception of a callback is reported as uncaught, and the other callbacks are still called. A signal that has aborted
 * already calls nothing.
 */
export function listen(signal: AbortSignal, callback: () => void): () => void {
  let own = ears.get(signal);
  if (own === undefined) {
    const callbacks = new Set<() => void>();
    const listener = (): void => {
      ears.delete(signal);
      for (const each of callbacks) callSafely(each);
    };
    own = { callbacks, listener };
    ears.set(signal, own);
    signal.addEventListener('abort', listener, { once: true });
  }
  const { callbacks, listener } = own;
  callbacks.add(callback);
  return () => {
    if (!callbacks.delete(callback) || callbacks.size > 0) return;
    signal.removeEventListener('abort', listener);
    // A callback may have added a new listener in the meantime.
    if (ears.get(signal)?.listener === listener) ears.delete(signal);
  };
}

/**
 * Finds the waiting items that an aborted signal belongs to. Each signal has one listener: ten thousand tasks may share a signal
 * without Node's warning of too many listeners.
 */
export class AbortWatch<T> {
  readonly #waiting = new Map<AbortSignal, { waiting: Set<T>; unlisten: () => void }>();
  readonly #onAbort: (item: T, reason: unknown) => void;

  constructor(onAbort: (item: T, reason: unknown) => void) {
    this.#onAbort = onAbort;
  }

  watch(signal: AbortSignal, item: T): void {
    let entry = this.#waiting.get(signal);
    if (entry === undefined) {
      const waiting = new Set<T>();
      const unlisten = listen(signal, () => {
        this.#waiting.delete(signal);
        for (const each of waiting) callSafely(this.#onAbort, each, signal.reason);
      });
      entry = { waiting, unlisten };
      this.#waiting.set(signal, entry);
    }
    entry.waiting.add(item);
  }

  forget(signal: AbortSignal, item: T): void {
    const entry = this.#waiting.get(signal);
    if (entry === undefined) return;
    entry.waiting.delete(item);
    if (entry.waiting.size > 0) return;
    entry.unlisten();
    this.#waiting.delete(signal);
  }
}
