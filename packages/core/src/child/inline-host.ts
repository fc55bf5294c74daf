// The worker's side of kind 'inline': the same code as in a worker, in the parent's own thread.
import type { MessagePort } from 'node:worker_threads';
import { loadInline } from '../base/lineage.js';
import { ownUrl, requireFrom } from '../base/own-file.js';
import type { ModuleObject } from '../contract/worker-module.js';
import type { WorkerKind } from '../wire/frame.js';
import { PortChannel } from '../wire/port-channel.js';
import { givenModule } from './given-module.js';
import { importOrRequire, importWithTsx } from './load-typescript.js';
import { serve } from './serve.js';
import { openSharedMemory } from './shared-memory.js';

const ownRequire = requireFrom(ownUrl());

/**
 * Serves the port until the parent asks it to stop, then calls back.
 * @param moduleObject the worker module, if it is not to be loaded
 * @returns cuts it off: results that it has sent still arrive, and nothing more begins
 */
export function serveInline(
  port: MessagePort,
  moduleObject: ModuleObject | undefined,
  onExit: (code: number) => void,
): () => void {
  const channel = new PortChannel<WorkerKind>(port);
  const served = serve({
    channel,
    open: openSharedMemory,
    async load(url) {
      if (moduleObject !== undefined) return givenModule(moduleObject);
      return loadInline(url, () => importWithTsx(url, (each) => importOrRequire(each, ownRequire)));
    },
    startGuard() {},
    isInline: true,
    // The program owns them.
    restoreTicks() {},
    outputWritten: () => Promise.resolve(),
    endOrphaned() {
      channel.close();
      onExit(0);
    },
    exit(code) {
      channel.close();
      onExit(code);
    },
  });
  return () => {
    served.end();
    // This end: a port that closes its own end drops what has arrived and was not read.
    channel.close();
  };
}
