import { callSafely } from './call-safely.js';

/** The callbacks of one signal, in order, behind one listener. */
interface Ears {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

/** For the whole program: Node warns of more than ten listeners, and pools of one server may share its signal. */
const ears = new WeakMap<AbortSignal, Ears>();

/**
 * Calls back once when the signal aborts. The returned function takes that back, and leaves no listener on the signal.
 * What a callback throws is reported as uncaught, and keeps no other from its call. The callback is never called for a
 * signal that has aborted already.
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
    // While it calls back, another may have begun to listen anew.
    if (ears.get(signal)?.listener === listener) ears.delete(signal);
  };
}

/**
 * Tells which of many things an aborted signal was for. One listener per signal, however many wait on it: ten thousand
 * tasks may share one signal without a warning of too many listeners.
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
