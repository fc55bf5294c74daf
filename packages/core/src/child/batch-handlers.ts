import { type BatchRules, resolveBatch } from '../contract/resolve-batch.js';
import { listHandler } from './list-handler.js';
import type { WorkerScope } from './running-task.js';
import type { LoadedModule } from './worker-module.js';

/** Rules of all batch handlers, for the parent; undefined without any. */
export function rulesOf({ batches }: LoadedModule): [name: string, rules: BatchRules][] | undefined {
  return batches && [...batches].map(([name, { options }]) => [name, resolveBatch(options)]);
}

/** A handler as the loop calls it: one that `batch` made takes lists. */
export function withLists(
  [name, handler]: LoadedModule['handlers'][number],
  { batches }: LoadedModule,
  scope: WorkerScope,
): LoadedModule['handlers'][number] {
  const definition = batches?.get(name);
  return [name, definition === undefined ? handler : listHandler(name, definition, scope)];
}
