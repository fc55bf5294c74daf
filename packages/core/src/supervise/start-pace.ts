/** Workers that may start at once on any machine. */
const LEAST_AT_ONCE = 4;
/**
 * Time for which a starting worker counts as one that needs a core. By then most have loaded. A worker that still starts
 * mostly waits, for a service or another worker, and must not hold up the others.
 */
const NEEDS_CORE_MS = 2000;

/**
 * Time at which the next worker may be spawned, host clock. It is now, unless as many as the cores can serve are starting
 * already. More at once would only take longer each, until none is ready within its time.
 * @param startedAt spawn times of workers that are not ready yet
 * @param mostAtOnce returns how many may start at once; called only when several do
 */
export function maySpawnAt(startedAt: readonly number[], nowMs: number, mostAtOnce: () => number): number {
  const counting = startedAt.filter((atMs) => nowMs - atMs < NEEDS_CORE_MS);
  if (counting.length < LEAST_AT_ONCE || counting.length < mostAtOnce()) return nowMs;
  return Math.min(...counting) + NEEDS_CORE_MS;
}
