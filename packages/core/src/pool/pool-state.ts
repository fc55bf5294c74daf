import type { PoolStateName } from '../contract/stats.js';

/** Legal moves of a pool. open takes work; closing finishes what it took; failed and closed run nothing more. */
export const POOL_MOVES: Readonly<Record<PoolStateName, readonly PoolStateName[]>> = {
  open: ['closing', 'failed', 'closed'],
  closing: ['failed', 'closed'],
  failed: ['closed'],
  closed: [],
};
