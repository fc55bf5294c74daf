// First file in a worker thread.
import { workerData, type MessagePort } from 'node:worker_threads';
import type { Tsx } from '../base/typescript.js';
import { openPortCodec } from '../codec/open-codec.js';
import { printTo } from '../wire/output-port.js';
import { PortChannel } from '../wire/port-channel.js';
import { MemoryBoard } from '../wire/claim-board.js';
import type { InitMessage } from '../wire/frame.js';
import { moduleLoader } from './load-module.js';
import { registerTsx } from './load-typescript.js';
import { outputWritten } from './output-written.js';
import { serve } from './serve.js';

const { port, stdout, stderr, tsx } = workerData as {
  port: MessagePort;
  tsx?: Tsx;
  stdout?: MessagePort;
  stderr?: MessagePort;
};
// Not given: output is inherited.
if (stdout !== undefined) printTo(stdout, process.stdout);
if (stderr !== undefined) printTo(stderr, process.stderr);

const loader = moduleLoader(async (url) => {
  if (tsx !== undefined) await registerTsx(tsx);
  return import(url);
});
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
