/** What a pool publishes to the other pools of its program. Plain data, since several versions of this library may meet here. */
export interface GovernedPool {
  /** Cores that its workers used at the last measurement. */
  usedCores: number;
  /** Whether it has work, and sizes itself. */
  isActive: boolean;
  /** Whether tasks wait in it, so that it would use more cores if it had them. */
  isShort: boolean;
}

interface Shared {
  readonly pools: Set<GovernedPool>;
  /** Host clock. Before this time no pool kills a worker for memory: the last kill has to show first. */
  noKillBeforeMs: number;
}

const KEY = Symbol.for('millpond.governor.1');

function shared(): Shared {
  const owner = globalThis as { [KEY]?: Shared };
  return (owner[KEY] ??= { pools: new Set(), noKillBeforeMs: -Infinity });
}

/**
 * One pool's share of the cores of its program. Pools that size themselves share the cores. Each counts on an even part, and
 * on cores that other pools leave unused.
 */
export class CoreShare {
  readonly #pool: GovernedPool = { usedCores: 0, isActive: false, isShort: false };

  /** Joins the sharing. */
  join(): void {
    shared().pools.add(this.#pool);
  }

  /** Leaves the sharing. */
  leave(): void {
    shared().pools.delete(this.#pool);
  }

  tell(now: GovernedPool): void {
    Object.assign(this.#pool, now);
  }

  /** Cores that this pool may count on, out of all that the program may use. */
  coresOf(cores: number): number {
    const others = [...shared().pools].filter((pool) => pool !== this.#pool && pool.isActive);
    return coresFor(cores, others);
  }

  /** The same as a share of all cores, 0 to 1. */
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

/**
 * The larger of an even part and what the others leave unused. A pool that is short uses all of its part, whatever it gets
 * now. It is half a core at least. With less, one worker that mostly waits would seem to use up the cores.
 */
export function coresFor(cores: number, others: readonly Pick<GovernedPool, 'usedCores' | 'isShort'>[]): number {
  const even = cores / (others.length + 1);
  const used = others.map(({ usedCores, isShort }) => (isShort ? Math.max(usedCores, even) : usedCores));
  const unused = cores - used.reduce((sum, each) => sum + each, 0);
  return Math.max(even, unused, Math.min(0.5, cores));
}
