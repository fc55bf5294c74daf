import type { LivePool } from './live-state.js';

/** Answer of a probe. */
export interface ProbeAnswer {
  ok: boolean;
  pools: { name: string; status: string; why: string[] }[];
}

/** Checks that say that a pool has more work than it can take. Then other instances should get the next requests. */
const FULL: readonly string[] = ['queueAge', 'queueLength', 'memory', 'eventLoopLag'];

/**
 * Whether the program should go on. Only a pool that gave up for good says no: a restart helps against nothing else. That the
 * answer comes at all says that the event loop runs.
 */
export function healthOf(pools: readonly LivePool[]): ProbeAnswer {
  return answer(pools, (pool) =>
    pool.state === 'failed' ? ['the pool has failed: too many deaths of workers in a short time'] : [],
  );
}

/** Whether the program should get more work now. A pool says no while it is not open, has no ready worker, or is overfull. */
export function readinessOf(pools: readonly LivePool[]): ProbeAnswer {
  return answer(pools, ({ state, health, paused, counts }) => {
    const why: string[] = [];
    if (state !== 'open') why.push(`the pool is ${state}`);
    if (paused) why.push('the pool is paused');
    const ready = counts.idle + counts.busy + counts.draining;
    if (state === 'open' && ready === 0 && counts.starting > 0) why.push('no worker is ready yet');
    for (const { name, ok, value, limit } of health?.checks ?? []) {
      if (ok || name === 'state') continue;
      if (FULL.includes(name) || health?.status === 'failing')
        why.push(`${name} is ${value}, and the limit is ${limit}`);
    }
    return why;
  });
}

function answer(pools: readonly LivePool[], reasons: (pool: LivePool) => string[]): ProbeAnswer {
  const lines = pools.map((pool) => ({
    name: pool.name,
    status: pool.health?.status ?? pool.state,
    why: reasons(pool),
  }));
  return { ok: lines.every(({ why }) => why.length === 0), pools: lines };
}
