/** Workers that may start at once whatever the machine. */
const LEAST_AT_ONCE = 4;
/**
 * How long a worker that starts counts as one that needs a core. By then most have loaded; one that still starts mostly waits,
 * for a service or for another worker, and must not hold up the others.
 */
const NEEDS_CORE_MS = 2000;

/**
 * When the next worker may be spawned, host clock: now, unless as many as the cores can serve are starting already. More of them
 * would only take longer each, until none is ready within its time.
 * @param startedAt when those that are not ready yet were spawned
 * @param mostAtOnce tells how many may start at once; asked only when several do
 */
export function maySpawnAt(startedAt: readonly number[], nowMs: number, mostAtOnce: () => number): number {
  const counting = startedAt.filter((atMs) => nowMs - atMs < NEEDS_CORE_MS);
  if (counting.length < LEAST_AT_ONCE || counting.length < mostAtOnce()) return nowMs;
  return Math.min(...counting) + NEEDS_CORE_MS;
}
