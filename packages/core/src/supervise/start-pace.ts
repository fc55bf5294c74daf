/**
 * Workers that may start at once on any machine. Each needs 45 ms of processor time (docs/decisions/0009-worker-start.md),
 * so four are ready after 0.2 s on one core. With two, starts would be in turn where cores are free. With eight, none is
 * ready before 0.4 s.
 */
const LEAST_AT_ONCE = 4;
/**
 * Time for which a starting worker counts as one that needs a core. By then most have loaded, since a start takes 45 ms of
 * processor time and its module some. With half, modules that load for a second would start all at once. A worker that still
 * starts mostly waits, for a service or another worker, and must not hold up the others.
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
