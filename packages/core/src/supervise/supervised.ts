/** What the supervisor needs of a worker. */
export interface Supervised {
  readonly id: number;
  readonly slot: number;
  readonly isReady: boolean;
  readonly state: string;
  readonly inFlight: number;
  readonly startedAt: number;
  /** Time when it was last needed. */
  readonly usedAtMs: number;
  readonly metrics: { readonly rssBytes: number };
  drain(reason: string, stopWithinMs: number): void;
  destroy(teardownMs: number): void;
}

/** Whether a worker is not on its way out. */
export function isStaying({ state }: Supervised): boolean {
  return state !== 'draining' && state !== 'stopping' && state !== 'exited';
}
