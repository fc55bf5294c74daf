export { Pool } from './pool/pool.js';
export { closeAll, pools } from './pool/all-pools.js';
export type * from './contract/flowing-calls.js';
export type { SettledTask } from './pool/map.js';
export { coalesce } from './shaping/coalesce.js';
export { wrap } from './wrap/wrap.js';
export type { ResultCache } from './cache/result-cache.js';
export { PoolError, isPoolError, type DeathReport, type ErrorCode, type ErrorDetails } from './contract/errors.js';
export {
  defineWorker,
  type AnyHandlers,
  type DataOf,
  type Handler,
  type HandlersOf,
  type Input,
  type Output,
  type PressureLevel,
  type TaskContext,
  type TaskName,
  type TaskSection,
  type WorkerContext,
  type WorkerDataOf,
  type WorkerDefinition,
  type WorkerHooks,
  type Yielded,
} from './contract/worker-module.js';
export type { WorkerCache, WorkerCacheOptions } from './contract/worker-cache.js';
export { batch, type BatchContext, type BatchHandler, type BatchOutput } from './contract/batch.js';
export type { BatchFailure } from './contract/batch-failure.js';
export type * from './contract/batch-options.js';
export { workerData } from './contract/worker-scope.js';
export { inWorker } from './contract/in-worker.js';
export { move } from './contract/move.js';
export type { TransferItem } from './contract/transfer-item.js';
export type { Codec, CodecOption } from './contract/codec.js';
export type * from './contract/breaker-options.js';
export type * from './contract/cache-options.js';
export type * from './contract/cache-store.js';
export type * from './contract/call-options.js';
export type * from './contract/hedge-options.js';
export type * from './contract/callable-options.js';
export type * from './contract/concurrency-options.js';
export type * from './contract/options.js';
export type * from './contract/task-options.js';
export type * from './contract/health.js';
export type * from './contract/relief.js';
export type * from './contract/slot-options.js';
export type * from './contract/shaping-options.js';
export type * from './contract/rate-limit-options.js';
export type * from './contract/stdio.js';
export type * from './contract/wrap-options.js';
export type * from './contract/stats.js';
export type * from './contract/cache-stats.js';
export type * from './contract/window-stats.js';
export type { BreakerEvent, MemoryLevel, PoolEvents, SlowTask } from './contract/events.js';
export type * from './contract/profile-messages.js';
export * from './contract/trace.js';
