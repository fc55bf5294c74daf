export interface HeapShare {
  /** The limit that an option sets. */
  readonly perWorkerBytes: number | undefined;
  /** The smallest memory limit that applies. */
  readonly limitBytes: number | undefined;
  /** Workers that share the limit. */
  readonly workers: number;
  /** V8's own limit, which assumes that each process has the machine to itself. */
  readonly defaultBytes: number;
}

const MIB = 1024 * 1024;
/**
 * Share left for the parent, and for the memory of workers outside their heaps. That is some 40 MB for each process. So in
 * 512 MiB it is enough for three processes, and at half for one. At double, heaps would be a third smaller.
 */
const RESERVED = 0.25;
/**
 * Ordinary modules need at least this. TypeScript takes 31 MiB once it has transpiled some files; highlight.js, sharp and
 * React take 6 to 9. Half would leave half as much for tasks.
 */
const LEAST_BYTES = 128 * MIB;

/** Largest heap of a worker in MiB (--max-old-space-size), or undefined where V8's own limit is stricter. */
export function heapLimitMb({ perWorkerBytes, limitBytes, workers, defaultBytes }: HeapShare): number | undefined {
  if (perWorkerBytes !== undefined) return Math.max(1, Math.round(perWorkerBytes / MIB));
  if (limitBytes === undefined) return undefined;
  const share = Math.max((limitBytes * (1 - RESERVED)) / Math.max(1, workers), LEAST_BYTES);
  return share >= defaultBytes ? undefined : Math.floor(share / MIB);
}
