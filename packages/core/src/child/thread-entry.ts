// First file in a worker thread.
import { workerData, type MessagePort } from 'node:worker_threads';
import { process, exit } from '../base/natives.js';
import { printTo } from '../wire/output-port.js';
import { PortChannel } from '../wire/port-channel.js';
import { outputWritten } from './output-written.js';
import { restoreTicks } from './restore-ticks.js';
import { serve } from './serve.js';
import { openSharedMemory } from './shared-memory.js';

const { port, stdout, stderr } = workerData as {
  port: MessagePort;
  stdout?: MessagePort;
  stderr?: MessagePort;
};
// Not given: output is inherited.
if (stdout !== undefined) printTo(stdout, process.stdout);
if (stderr !== undefined) printTo(stderr, process.stderr);

const channel = new PortChannel(port);
const worker = serve({
  channel,
  open: openSharedMemory,
  startGuard() {},
  restoreTicks,
  outputWritten,
  endOrphaned: () => exit(0),
  exit: (code) => exit(code),
});

process.on('exit', () => worker.flush());
