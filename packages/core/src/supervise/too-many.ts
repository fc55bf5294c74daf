/**
 * Which worker goes first. 'coldest' and 'fattest' are the longest unused and the one with the most memory, idle ones before
 * busy ones. 'newest' is the last one started, idle or busy. While tasks wait, chance decides which worker is idle, and an
 * old one has compiled its code.
 */
export type GoFirst = 'coldest' | 'fattest' | 'newest';

/** The data of a worker that the choice goes by. */
export interface MayGo {
  readonly id: number;
  readonly isReady: boolean;
  readonly inFlight: number;
  readonly usedAtMs: number;
  readonly metrics: { readonly rssBytes: number };
}

const idleFirst = (a: MayGo, b: MayGo): number => Math.sign(a.inFlight) - Math.sign(b.inFlight);

const ORDER: Readonly<Record<GoFirst, (a: MayGo, b: MayGo) => number>> = {
  coldest: (a, b) => idleFirst(a, b) || a.usedAtMs - b.usedAtMs,
  fattest: (a, b) => idleFirst(a, b) || b.metrics.rssBytes - a.metrics.rssBytes,
  newest: (a, b) => b.id - a.id,
};

/**
 * The workers that go when fewer are wanted.
 * @param staying workers that are neither on their way out nor successors, in the order of their start
 * @param standBy number of missing spares: this many of the starting workers, the last ones, will be spares
 * @param isBeyond whether a worker has a slot that the pool has no more. Such workers go before the others
 */
export function tooMany<W extends MayGo>(
  staying: readonly W[],
  wanted: number,
  standBy: number,
  goFirst: GoFirst,
  isBeyond: (worker: W) => boolean = () => false,
): W[] {
  const starting = staying.filter((worker) => !worker.isReady);
  const promised = new Set(standBy > 0 ? starting.slice(-standBy) : []);
  const mayGo = staying.filter((worker) => !promised.has(worker));
  const beyondFirst = (a: W, b: W): number => Number(isBeyond(b)) - Number(isBeyond(a));
  mayGo.sort((a, b) => beyondFirst(a, b) || ORDER[goFirst](a, b));
  return mayGo.slice(0, Math.max(0, mayGo.length - wanted));
}
