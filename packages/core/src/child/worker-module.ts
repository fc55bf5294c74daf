import { isWorkerDefinition, looksLikeHooks, type WorkerHooks } from '../contract/worker-module.js';

/** A handler as the loop calls it. */
export type LoadedHandler = (input: unknown, ctx: unknown) => unknown;

/** What a worker module offers. */
export interface LoadedModule {
  /** Name and function of every handler; the position is its index on the wire. */
  handlers: readonly (readonly [name: string, handler: LoadedHandler])[];
  hooks: WorkerHooks;
}

/**
 * Imports the worker module and finds its handlers: every exported function, and its lifecycle: the export `worker`.
 * @param load imports a module; the exports of another loader look the same
 */
export async function loadWorkerModule(url: string, load: (url: string) => Promise<unknown>): Promise<LoadedModule> {
  const exports = (await load(url)) as Record<string, unknown>;
  const handlers = new Map<string, LoadedHandler>();
  for (const [name, value] of Object.entries(exports)) {
    if (typeof value === 'function') handlers.set(name, value as LoadedHandler);
  }
  // `module.exports = { a, b }` of a CommonJS module arrives as one default object when its names cannot be seen
  // statically.
  const { default: whole } = exports;
  if (typeof whole === 'object' && whole !== null) {
    for (const [name, value] of Object.entries(whole)) {
      if (typeof value === 'function' && !handlers.has(name)) handlers.set(name, value as LoadedHandler);
    }
  }
  const hooks = exports['worker'] ?? (whole as { worker?: unknown } | undefined)?.worker;
  if (isWorkerDefinition(hooks)) return { handlers: [...handlers], hooks };
  // Without this, a setup that never runs would show only as a handler that finds no data.
  if (looksLikeHooks(hooks)) {
    throw new TypeError('The export `worker` has lifecycle hooks but was not made by defineWorker(); wrap it in that.');
  }
  return { handlers: [...handlers], hooks: {} };
}
