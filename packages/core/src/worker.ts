// For worker modules, as @millpond/core/worker: what a handler or a hook needs, and nothing of the parent's side.
export {
  defineWorker,
  type DataOf,
  type PressureLevel,
  type TaskContext,
  type TaskSection,
  type WorkerContext,
  type WorkerDataOf,
  type WorkerDefinition,
  type WorkerHooks,
} from './contract/worker-module.js';
export { batch, type BatchContext, type BatchHandler, type BatchOutput } from './contract/batch.js';
export type { BatchFailure } from './contract/batch-failure.js';
export type { BatchOptions } from './contract/batch-options.js';
export { inWorker } from './contract/in-worker.js';
export { lazy } from './contract/lazy.js';
export { lazyHandler } from './contract/lazy-handler.js';
export type { WorkerCache, WorkerCacheOptions } from './contract/worker-cache.js';
export { move } from './contract/move.js';
export type { TransferItem } from './contract/transfer-item.js';
export { workerData } from './contract/worker-scope.js';
