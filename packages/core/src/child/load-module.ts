import { enterWorker } from '../base/lineage.js';
import type { Imported } from './import-namespace.js';

/** Loads a worker module, and shows the stage of this worker from then on. */
export interface ModuleLoader {
  load(url: string): Promise<Imported>;
  /** From this call on, the stage shows whether a handler runs. */
  asksWhether(isHandling: () => boolean): void;
}

/**
 * Marks this process or thread as a worker whose module is being loaded, until `load` has ended.
 * @param workerData the data of a thread; a process has none
 */
export function moduleLoader(importModule: (url: string) => Promise<Imported>, workerData?: unknown): ModuleLoader {
  let isLoading = true;
  let isHandling = (): boolean => false;
  enterWorker(() => (isLoading ? 'loading' : isHandling() ? 'busy' : 'idle'), workerData);
  return {
    async load(url) {
      const module = await importModule(url);
      // The stage stays "loading" if the module cannot be loaded: the worker ends with it.
      isLoading = false;
      return module;
    },
    asksWhether: (answer) => void (isHandling = answer),
  };
}
