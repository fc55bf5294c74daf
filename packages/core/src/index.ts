export { Pool } from './pool/pool.js';
export { Histogram } from './base/histogram.js';
export { hostNowMs } from './base/clock.js';
export { nearestName } from './base/nearest.js';
export {
  PoolError,
  isPoolError,
  type DeathReport,
  type ErrorCode,
  type ErrorDetails,
} from './contract/errors.js';
export * from './contract/worker-module.js';
export type * from './contract/options.js';
export type * from './contract/stdio.js';
export type * from './contract/stats.js';
export type * from './contract/events.js';
export * from './contract/trace.js';
