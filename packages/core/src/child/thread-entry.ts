// First file in a worker thread.
import { type MessagePort, workerData } from 'node:worker_threads';
import { exit, process } from '../base/natives.js';
import type { Tsx } from '../base/typescript.js';
import type { WorkerKind } from '../wire/frame.js';
import { printTo } from '../wire/output-port.js';
import { PortChannel } from '../wire/port-channel.js';
import { shareContextUntilUsed } from './clean-context.js';
import { importNamespace } from './import-namespace.js';
import { moduleLoader } from './load-module.js';
import { registerTsx } from './load-typescript.js';
import { lowerPriority } from './lower-priority.js';
import { outputWritten } from './output-written.js';
import { restoreTicks } from './restore-ticks.js';
import { serve } from './serve.js';
import { openSharedMemory } from './shared-memory.js';

const { port, stdout, stderr, tsx } = workerData as {
  port: MessagePort;
  tsx?: Tsx;
  stdout?: MessagePort;
  stderr?: MessagePort;
};
// Before the module is loaded, so that its storages are noticed.
shareContextUntilUsed();
// Undefined if output is inherited.
if (stdout !== undefined) process.once('exit', printTo(stdout, process.stdout));
if (stderr !== undefined) process.once('exit', printTo(stderr, process.stderr));

const loader = moduleLoader(async (url) => {
  if (tsx !== undefined) await registerTsx(tsx);
  return importNamespace(url);
}, workerData);
const channel = new PortChannel<WorkerKind>(port);
const worker = serve({
  channel,
  open(init) {
    lowerPriority(init.nice, true);
    return openSharedMemory(init);
  },
  load: loader.load,
  startGuard() {},
  restoreTicks,
  outputWritten,
  endOrphaned: () => exit(0),
  exit: (code) => exit(code),
});
loader.asksWhether(() => worker.isHandling());

process.on('exit', () => worker.flush());
