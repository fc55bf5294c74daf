import { WeakRef } from '../base/natives.js';
import type { CloseOptions } from '../contract/call-options.js';

/** A pool, as far as the list of all pools needs it. Several copies of this library may meet in a program. */
export interface Closable {
  close(options?: CloseOptions): Promise<void>;
}

const KEY = Symbol.for('millpond.open-pools.1');

/** Weak: a pool without workers that the program has dropped may be collected. */
function refs(): Set<WeakRef<Closable>> {
  const owner = globalThis as { [KEY]?: Set<WeakRef<Closable>> };
  return (owner[KEY] ??= new Set());
}

/** Lists a new pool. @returns takes it off the list, once it is closed */
export function list(pool: Closable): () => void {
  const all = refs();
  for (const ref of all) if (ref.deref() === undefined) all.delete(ref);
  const own = new WeakRef(pool);
  all.add(own);
  return () => void all.delete(own);
}

/** All pools of this program that are not closed, in the order of their construction. */
export function listed(): Closable[] {
  const pools: Closable[] = [];
  for (const ref of refs()) {
    const pool = ref.deref();
    if (pool !== undefined) pools.push(pool);
  }
  return pools;
}
