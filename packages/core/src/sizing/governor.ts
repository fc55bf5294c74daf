/** What one pool tells the others of its program. Plain data: several versions of this library may meet here. */
export interface GovernedPool {
  /** Cores its workers used when it was measured last. */
  usedCores: number;
  /** Whether it has work, and sizes itself. */
  isActive: boolean;
  /** Whether tasks wait in it: it would use more cores if it had them. */
  isShort: boolean;
}

interface Shared {
  readonly pools: Set<GovernedPool>;
  /** Before this, host clock, no pool kills a worker for memory: the last kill has to show first. */
  noKillBeforeMs: number;
}

const KEY = Symbol.for('millpond.governor.1');

function shared(): Shared {
  const owner = globalThis as { [KEY]?: Shared };
  return (owner[KEY] ??= { pools: new Set(), noKillBeforeMs: -Infinity });
}

/**
 * One pool's part in the cores of its program. Pools that size themselves share them: each may count on its even part,
 * and on what the others leave unused beyond theirs.
 */
export class CoreShare {
  readonly #pool: GovernedPool = { usedCores: 0, isActive: false, isShort: false };

  /** Takes part from now on. */
  join(): void {
    shared().pools.add(this.#pool);
  }

  /** Takes part no longer. */
  leave(): void {
    shared().pools.delete(this.#pool);
  }

  tell(now: GovernedPool): void {
    Object.assign(this.#pool, now);
  }

  /** Of all the cores the program may use, those this pool may count on. */
  coresOf(cores: number): number {
    const others = [...shared().pools].filter((pool) => pool !== this.#pool && pool.isActive);
    return coresFor(cores, others);
  }

  /** The same as a share of them, 0 to 1. */
  shareOf(cores: number): number {
    return this.coresOf(cores) / cores;
  }
}

/** Whether a pool of this program may kill a worker for memory now; if so, none may for `pauseMs`. */
export function mayKill(nowMs: number, pauseMs: number): boolean {
  const state = shared();
  if (nowMs < state.noKillBeforeMs) return false;
  state.noKillBeforeMs = nowMs + pauseMs;
  return true;
}

/** The larger of an even part and what the others do not use; half a core at least. Who is short uses its part, whatever it gets now. */
export function coresFor(cores: number, others: readonly Pick<GovernedPool, 'usedCores' | 'isShort'>[]): number {
  const even = cores / (others.length + 1);
  const used = others.map(({ usedCores, isShort }) => (isShort ? Math.max(usedCores, even) : usedCores));
  const unused = cores - used.reduce((sum, each) => sum + each, 0);
  return Math.max(even, unused, Math.min(0.5, cores));
}
