/** Outcome of a recycling. */
export interface Recycling {
  readonly replaced: number;
  readonly of: number;
  /** The reason to stop: a new worker could not be started. */
  readonly failure: { error: unknown } | undefined;
}

export interface ReplaceAllParts<W> {
  workers: readonly W[];
  /** Most workers that are replaced at a time. */
  atOnce: number;
  /** Resolves when the worker has gone; rejects when no new one can be started. */
  replace(worker: W): Promise<void>;
  /** Whether the pool has ended meanwhile. */
  isOver(): boolean;
}

/** Replaces workers in batches. Stops after a batch in which a new worker could not be started; the others stay. */
export async function replaceAll<W>({ workers, atOnce, replace, isOver }: ReplaceAllParts<W>): Promise<Recycling> {
  const of = workers.length;
  let replaced = 0;
  for (let from = 0; from < of && !isOver(); from += atOnce) {
    const batch = workers.slice(from, from + atOnce);
    const ends = await Promise.allSettled(batch.map((worker) => replace(worker)));
    const failed = ends.filter((end) => end.status === 'rejected');
    replaced += batch.length - failed.length;
    if (failed[0] !== undefined) return { replaced, of, failure: { error: failed[0].reason } };
  }
  return { replaced, of, failure: undefined };
}
