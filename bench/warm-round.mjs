// One round of a question about a pool that has been running for a while.
export const WORKERS = 2;

/**
 * Workers that two cores surely bring up within a second, beside the load of the warm-up. On a busy machine, 64 processes of Millpond took
 * 9 s, and their rate still rose for some seconds after.
 */
const UP_IN_A_SECOND = 4;
/** The same of threads: 128 of Millpond took 2.8 s on an idle machine. */
export const THREADS_UP_IN_A_SECOND = 32;

/**
 * Checks the answers first, which also begins to bring the workers up. Then it warms up, until even many workers have started, and
 * measures.
 * @param parts `check(run)`, which throws, `measure(run, forMs, { workers })`, which returns the metrics, and how many workers come up in
 * a second
 * @returns `round(contestant, { warmupMs, measureMs })`
 */
export function warmRound({ check, measure, upInASecond = UP_IN_A_SECOND }) {
  return async (contestant, { warmupMs, measureMs }) => {
    const { workers = WORKERS } = contestant;
    const pool = contestant.create(await contestant.load(), { workers });
    await check(pool.run);
    await measure(pool.run, Math.max(warmupMs, (workers / upInASecond) * 1000), { workers });
    return measure(pool.run, measureMs, { workers });
  };
}
