// One round of a question about a pool that has been running for a while.
export const WORKERS = 2;

/**
 * Checks the answers first, which also brings the workers up; then warms up, then measures.
 * @param parts `check(run)`, which throws, and `measure(run, forMs, { workers })`, which returns the metrics
 * @returns `round(contestant, { warmupMs, measureMs })`
 */
export function warmRound({ check, measure }) {
  return async (contestant, { warmupMs, measureMs }) => {
    const { workers = WORKERS } = contestant;
    const pool = contestant.create(await contestant.load(), { workers });
    await check(pool.run);
    await measure(pool.run, warmupMs, { workers });
    const metrics = await measure(pool.run, measureMs, { workers });
    return metrics;
  };
}
