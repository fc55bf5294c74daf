import { type BatchDefinition, batchDefinition } from '../contract/batch.js';
import { checkBatchOptions } from '../contract/check-batch.js';
import { isWorkerDefinition, looksLikeHooks, type WorkerHooks } from '../contract/worker-module.js';
import { HANDLER_MASK } from '../wire/frame.js';
import type { Imported } from './import-namespace.js';

/** Number of handlers that a row of a frame can name. */
const MOST_HANDLERS = HANDLER_MASK + 1;

/** A handler as the loop calls it. */
export type LoadedHandler = (input: unknown, ctx: unknown) => unknown;

/** Handlers and hooks of a worker module. */
export interface LoadedModule {
  /** Name and function of every handler; the position is its index on the wire. */
  handlers: readonly (readonly [name: string, handler: LoadedHandler])[];
  /** Those that take lists, by name; undefined without any. */
  batches?: ReadonlyMap<string, BatchDefinition> | undefined;
  hooks: WorkerHooks;
}

/**
 * Imports the worker module and finds its handlers: every exported function, and its lifecycle: the export `worker`.
 * @param load imports a module; the exports of another loader look the same
 */
export async function loadWorkerModule(url: string, load: (url: string) => Promise<Imported>): Promise<LoadedModule> {
  const { namespace: exports } = await load(url);
  const handlers = new Map<string, LoadedHandler>();
  addFunctions(handlers, exports);
  // The value of `module.exports` in a CommonJS module arrives as the default export. It is an object of functions whose names are
  // not visible statically, or one function with others on it.
  const { default: whole } = exports;
  if (isObject(whole)) addFunctions(handlers, whole);
  if (handlers.size > MOST_HANDLERS) {
    throw new RangeError(
      `The worker module has ${handlers.size} handlers, and ${MOST_HANDLERS} is the most. Export fewer functions, or split it.`,
    );
  }
  const hooks = exports['worker'] ?? (isObject(whole) ? whole['worker'] : undefined);
  const batches = batchesIn(handlers);
  if (isWorkerDefinition(hooks)) return { handlers: [...handlers], batches, hooks };
  // Without this, a setup that never runs would show only as a handler that finds no data.
  if (looksLikeHooks(hooks)) {
    throw new TypeError('The export `worker` has lifecycle hooks but was not made by defineWorker(); wrap it in that.');
  }
  return { handlers: [...handlers], batches, hooks: {} };
}

function batchesIn(handlers: ReadonlyMap<string, LoadedHandler>): LoadedModule['batches'] {
  const batches = new Map<string, BatchDefinition>();
  for (const [name, handler] of handlers) {
    const definition = batchDefinition(handler);
    if (definition === undefined) continue;
    batches.set(name, { ...definition, options: checkBatchOptions(definition.options, `batch of "${name}"`) });
  }
  return batches.size === 0 ? undefined : batches;
}

function addFunctions(handlers: Map<string, LoadedHandler>, from: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(from)) {
    if (typeof value === 'function' && !handlers.has(name)) handlers.set(name, value as LoadedHandler);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
