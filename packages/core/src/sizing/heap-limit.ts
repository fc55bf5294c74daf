export interface HeapShare {
  /** The option that says so. */
  readonly perWorkerBytes: number | undefined;
  /** The smallest limit of memory there is. */
  readonly limitBytes: number | undefined;
  /** Workers that share it. */
  readonly workers: number;
  /** V8's own limit: it assumes that each process has the machine to itself. */
  readonly defaultBytes: number;
}

const MIB = 1024 * 1024;
/** Left for the parent, and for what workers have beside their heaps. */
const RESERVED = 0.25;
/** Ordinary modules do not get by on less. */
const LEAST_BYTES = 128 * MIB;

/** Most heap a worker may have, MiB (--max-old-space-size), or undefined where V8's own limit is stricter. */
export function heapLimitMb({ perWorkerBytes, limitBytes, workers, defaultBytes }: HeapShare): number | undefined {
  if (perWorkerBytes !== undefined) return Math.max(1, Math.round(perWorkerBytes / MIB));
  if (limitBytes === undefined) return undefined;
  const share = Math.max((limitBytes * (1 - RESERVED)) / Math.max(1, workers), LEAST_BYTES);
  return share >= defaultBytes ? undefined : Math.floor(share / MIB);
}
