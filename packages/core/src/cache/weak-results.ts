import { FinalizationRegistry, WeakRef } from '../base/natives.js';
import type { Entry } from './entry.js';

/** Most of them. The program holds as many values anyway, and a Map has a limit of its own. */
const MOST_WEAK = 1_000_000;

interface WeakEntry {
  readonly entry: Omit<Entry, 'kept'>;
  readonly value: WeakRef<object>;
}

/**
 * Results that had to go, for as long as the program itself holds them. Only shared objects: of an encoded result each caller has
 * another copy.
 */
export class WeakResults {
  readonly #results = new Map<string, WeakEntry>();
  readonly #collected = new FinalizationRegistry<{ fullKey: string; result: WeakEntry }>(({ fullKey, result }) => {
    // A later result of the same key has taken its place.
    if (this.#results.get(fullKey) === result) this.#results.delete(fullKey);
  });

  get size(): number {
    return this.#results.size;
  }

  add(fullKey: string, { kept, ...entry }: Entry): void {
    if (kept.how !== 'shared' || typeof kept.value !== 'object' || kept.value === null) return;
    const result = { entry, value: new WeakRef(kept.value) };
    this.delete(fullKey);
    if (this.#results.size >= MOST_WEAK) for (const oldest of this.#results.keys()) if (this.delete(oldest)) break;
    this.#results.set(fullKey, result);
    this.#collected.register(kept.value, { fullKey, result }, result);
  }

  /** The result of a key, if it is still there. */
  get(fullKey: string): Entry | undefined {
    const result = this.#results.get(fullKey);
    const value = result?.value.deref();
    return result === undefined || value === undefined
      ? undefined
      : { ...result.entry, kept: { how: 'shared', value } };
  }

  delete(fullKey: string): boolean {
    const result = this.#results.get(fullKey);
    if (result === undefined) return false;
    // A value that comes and goes would otherwise gather an entry each time.
    this.#collected.unregister(result);
    return this.#results.delete(fullKey);
  }

  clear(): void {
    for (const result of this.#results.values()) this.#collected.unregister(result);
    this.#results.clear();
  }

  /** All keys, and what is known of their results. A copy: the caller may drop what it finds. */
  all(): [fullKey: string, entry: Omit<Entry, 'kept'>][] {
    return [...this.#results].map(([fullKey, { entry }]) => [fullKey, entry]);
  }
}
