import type { AsyncLocalStorage } from 'node:async_hooks';
import { fromJson, getBuiltinModule, process, toJson } from './natives.js';

/**
 * Stage of a worker.
 * - foreign: started as a worker, but runs something else, or code that Node loads before a worker's entry.
 * - loading: its worker module is being loaded.
 * - idle: the module is loaded, and no handler runs.
 * - busy: a handler runs.
 */
export type WorkerStage = 'foreign' | 'loading' | 'idle' | 'busy';

/** The workers that this code runs in. */
export interface Lineage {
  /** Worker modules, file: URLs, from that of the outermost pool to that of this worker. */
  readonly modules: readonly string[];
  readonly stage: WorkerStage;
}

/** Data that a worker shows to all code in it. Plain: several copies of this library may meet here. */
interface WorkerEntry {
  readonly modules: readonly string[];
  stage(): WorkerStage;
}

/** Carries the lineage to a worker process. Its entry removes the variable, so that processes of a handler do not inherit it. */
export const LINEAGE_VARIABLE = 'MILLPOND_LINEAGE';
/** Carries it to a thread, as a key of its data. */
export const LINEAGE_KEY = 'millpondLineage';

const ENTRY = Symbol.for('millpond.worker-entry.1');
const INLINE_LOADS = Symbol.for('millpond.inline-loads.1');
const shared = globalThis as { [ENTRY]?: WorkerEntry; [INLINE_LOADS]?: InlineLoads };

interface InlineLoads {
  readonly storage: AsyncLocalStorage<string>;
  underWay: number;
}

/** The lineage of this process or thread; undefined outside of workers. Code of an inline worker has the lineage of its program. */
export function lineage(): Lineage | undefined {
  const entry = shared[ENTRY];
  if (entry !== undefined) return { modules: entry.modules, stage: entry.stage() };
  // Loaded only here: the load takes 0.45 ms, and a worker knows its lineage by its entry.
  const modules = modulesGiven(getBuiltinModule('node:worker_threads').workerData);
  return modules === undefined ? undefined : { modules, stage: 'foreign' };
}

/** The inline worker module whose loading led to this call. */
export function loadingInline(): string | undefined {
  return shared[INLINE_LOADS]?.storage.getStore();
}

/** Loads the module of an inline worker. `loadingInline` sees it from everything that the load calls and starts. */
export async function loadInline<T>(moduleUrl: string, load: () => Promise<T>): Promise<T> {
  const hooks = getBuiltinModule('node:async_hooks');
  const loads = (shared[INLINE_LOADS] ??= { storage: new hooks.AsyncLocalStorage(), underWay: 0 });
  loads.underWay++;
  try {
    return await loads.storage.run(moduleUrl, load);
  } finally {
    // Node 20 and 22 slow down every promise of a program while an AsyncLocalStorage is in use.
    if (--loads.underWay === 0) loads.storage.disable();
  }
}

/**
 * Marks this process or thread as a worker. Its entry calls this before it loads anything of the user's.
 * @param workerData the data of a thread; a process has none
 */
export function enterWorker(stage: () => WorkerStage, workerData?: unknown): void {
  const entry: WorkerEntry = { modules: modulesGiven(workerData) ?? [], stage };
  delete process.env[LINEAGE_VARIABLE];
  Object.defineProperty(globalThis, ENTRY, { value: entry });
}

/** The modules that the parent gave to this process or thread. */
function modulesGiven(workerData: unknown): string[] | undefined {
  const data = workerData as { [LINEAGE_KEY]?: string } | null | undefined;
  const text = data?.[LINEAGE_KEY] ?? process.env[LINEAGE_VARIABLE];
  if (text === undefined) return undefined;
  try {
    return fromJson(text) as string[];
  } catch {
    // Not written by this library, but as good a sign.
    return [text];
  }
}

/** The lineage to give to a worker of this module. */
export function lineageOf(moduleUrl: string): string {
  return toJson([...(lineage()?.modules ?? []), moduleUrl]);
}
