// For worker modules, as @millpond/core/worker: what a handler or a hook needs, and nothing of the parent's side.
export {
  defineWorker,
  type DataOf,
  type PressureLevel,
  type TaskContext,
  type WorkerContext,
  type WorkerDataOf,
  type WorkerDefinition,
  type WorkerHooks,
} from './contract/worker-module.js';
export { inWorker } from './contract/in-worker.js';
export { move } from './contract/move.js';
export type { TransferItem } from './contract/transfer-item.js';
export { workerData } from './contract/worker-scope.js';
