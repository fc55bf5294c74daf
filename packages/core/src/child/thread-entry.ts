// First file in a worker thread.
import { workerData, type MessagePort } from 'node:worker_threads';
import { openPortCodec } from '../codec/open-codec.js';
import { printTo } from '../wire/output-port.js';
import { PortChannel } from '../wire/port-channel.js';
import { MemoryBoard } from '../wire/claim-board.js';
import type { InitMessage } from '../wire/frame.js';
import { moduleLoader } from './load-module.js';
import { outputWritten } from './output-written.js';
import { serve } from './serve.js';

const { port, stdout, stderr } = workerData as {
  port: MessagePort;
  stdout?: MessagePort;
  stderr?: MessagePort;
};
// Not given: output is inherited.
if (stdout !== undefined) printTo(stdout, process.stdout);
if (stderr !== undefined) printTo(stderr, process.stderr);

const loader = moduleLoader((url) => import(url));
const channel = new PortChannel(port);
const worker = serve({
  channel,
  useCodec({ codec, maxPayloadBytes }) {
    channel.codec = openPortCodec(codec, maxPayloadBytes);
  },
  board: ({ board }: InitMessage) => new MemoryBoard(board as SharedArrayBuffer),
  load: loader.load,
  startGuard() {},
  outputWritten,
  endOrphaned: () => process.exit(0),
  exit: (code) => process.exit(code),
});
loader.asksWhether(() => worker.isHandling());

process.on('exit', () => worker.flush());
