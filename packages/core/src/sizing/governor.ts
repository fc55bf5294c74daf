/** What a pool publishes to the other pools of its program. Plain data, since several versions of this library may meet here. */
export interface GovernedPool {
  /** Cores that its workers use, on average of about a second. */
  usedCores: number;
  /** Whether it has work, and sizes itself. */
  isActive: boolean;
  /** Whether tasks wait in it, so that it would use more cores if it had them. */
  isShort: boolean;
  /** Workers that it wants for tasks that compute; undefined in other versions of this library. */
  computingWorkers?: number;
}

interface Shared {
  readonly pools: Set<GovernedPool>;
  /** Host clock. Before this time no pool kills a worker for memory: the last kill has to show first. */
  noKillBeforeMs: number;
  /** Whether the program was warned of too many computing workers. */
  hasWarned?: boolean;
}

/**
 * Computing workers for each core above which a program is warned. Each worker takes some 47 MB (docs/performance.md#idle-memory),
 * and tasks that compute gain nothing from more workers than cores. At 4 it is no small excess by a wrong count of cores. A choice.
 */
const MOST_PER_CORE = 4;

/**
 * Time constant of the average of used cores. A look covers 250 ms. A pool whose work comes in bursts uses two cores in one look,
 * and none in the next. A pool with 3 cores beside it changed its workers 33 times in a simulated minute. With this average it
 * changed them 6 times, and did 99 % of the work instead of 93 %. Half and double this time gave 6 and 4 changes.
 */
const AVERAGED_MS = 1000;

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

  #isNew = true;

  /** Joins the sharing. */
  join(): void {
    shared().pools.add(this.#pool);
  }

  /** Leaves the sharing. */
  leave(): void {
    shared().pools.delete(this.#pool);
  }

  /** Publishes what this pool uses. @param elapsedMs time that `usedCores` is measured over */
  tell(now: GovernedPool, elapsedMs: number): void {
    const before = this.#isNew ? now.usedCores : this.#pool.usedCores;
    this.#isNew = false;
    Object.assign(this.#pool, now);
    this.#pool.usedCores = averaged(before, now.usedCores, elapsedMs);
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

/**
 * Number of computing workers of all pools of this program, if it is too large for its cores. Only once in a program: a warning
 * that comes again is not read.
 */
export function takeExcess(cores: number): number | undefined {
  const state = shared();
  if (state.hasWarned === true) return undefined;
  let workers = 0;
  for (const { computingWorkers = 0 } of state.pools) workers += computingWorkers;
  if (workers <= MOST_PER_CORE * Math.max(1, cores)) return undefined;
  state.hasWarned = true;
  return workers;
}

/** An average that forgets: a reading counts the more, the longer the time that it covers. */
export function averaged(before: number, reading: number, elapsedMs: number): number {
  return before + (reading - before) * (1 - Math.exp(-elapsedMs / AVERAGED_MS));
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
