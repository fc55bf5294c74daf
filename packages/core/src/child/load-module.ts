import { enterWorker } from '../base/lineage.js';
import type { Imported } from './import-namespace.js';

/** A worker module on its way, and what this worker says of itself meanwhile and from then on. */
export interface ModuleLoader {
  load(url: string): Promise<Imported>;
  /** Tells from the next call on whether a handler runs. */
  asksWhether(isHandling: () => boolean): void;
}

/** Says that this process or thread is a worker whose module is being loaded, until `load` is done with it. */
export function moduleLoader(importModule: (url: string) => Promise<Imported>): ModuleLoader {
  let isLoading = true;
  let isHandling = (): boolean => false;
  enterWorker(() => (isLoading ? 'loading' : isHandling() ? 'busy' : 'idle'));
  return {
    async load(url) {
      const module = await importModule(url);
      // A module that cannot be loaded stays as it is: the worker ends with it.
      isLoading = false;
      return module;
    },
    asksWhether: (answer) => void (isHandling = answer),
  };
}
