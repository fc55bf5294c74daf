export { Pool, type BroadcastArguments, type RunArguments } from './pool/pool.js';
export type { SettledTask } from './pool/map.js';
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
  type WorkerContext,
  type WorkerDataOf,
  type WorkerDefinition,
  type WorkerHooks,
} from './contract/worker-module.js';
export { workerData } from './contract/worker-scope.js';
export { inWorker } from './contract/in-worker.js';
export { move } from './contract/move.js';
export type { TransferItem } from './contract/transfer-item.js';
export type { Codec, CodecOption } from './contract/codec.js';
export type * from './contract/call-options.js';
export type * from './contract/options.js';
export type * from './contract/stdio.js';
export type * from './contract/stats.js';
export type { MemoryLevel, PoolEvents } from './contract/events.js';
export * from './contract/trace.js';
