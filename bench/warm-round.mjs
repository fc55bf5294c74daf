// One round of a question about a pool that has been running for a while.
export const WORKERS = 2;

/**
 * Workers that two cores surely bring up within a second, beside the load of the warm-up. On a busy machine, 64 processes of Millpond took
 * 9 s, and their rate still rose for some seconds after.
 */
const UP_IN_A_SECOND = 4;

/**
 * Checks the answers first, which also begins to bring the workers up. Then it warms up, until even many workers have started, and
 * measures.
 * @param parts `check(run)`, which throws, and `measure(run, forMs, { workers })`, which returns the metrics
 * @returns `round(contestant, { warmupMs, measureMs })`
 */
export function warmRound({ check, measure }) {
  return async (contestant, { warmupMs, measureMs }) => {
    const { workers = WORKERS } = contestant;
    const pool = contestant.create(await contestant.load(), { workers });
    await check(pool.run);
    await measure(pool.run, Math.max(warmupMs, (workers / UP_IN_A_SECOND) * 1000), { workers });
    return measure(pool.run, measureMs, { workers });
  };
}
