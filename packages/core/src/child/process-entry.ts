// First file in a worker process. fd 3 is the link to the parent, 4 the claim board, 5 the guard's link, 6 and 7 the arena.
import { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { Arena } from '../codec/arena.js';
import { openCodec } from '../codec/open-codec.js';
import { StructuredCodec } from '../codec/structured-codec.js';
import { SocketChannel } from '../wire/socket-channel.js';
import { FileClaims } from './claims.js';
import { moduleLoader } from './load-module.js';
import { outputWritten } from './output-written.js';
import { serve } from './serve.js';

const LINK_FD = 3;
const BOARD_FD = 4;
const GUARD_FD = 5;
const FROM_PARENT_FD = 6;
const TO_PARENT_FD = 7;

// A Ctrl-C in the terminal is the parent's to handle: it drains, and stops us when it is done.
process.on('SIGINT', () => {});

const loader = moduleLoader((url) => import(url));
const link = new Socket({ fd: LINK_FD, readable: true, writable: true });
// Until the first frame has told what the pool wants: that frame has no values.
const channel = new SocketChannel(link, { codec: new StructuredCodec(Infinity), maxPayloadBytes: Infinity });
const worker = serve({
  channel,
  useCodec({ codec, maxPayloadBytes, arena }) {
    const files = arena ? new Arena(TO_PARENT_FD, FROM_PARENT_FD) : undefined;
    channel.format = { codec: openCodec(codec, maxPayloadBytes, files), maxPayloadBytes };
  },
  board: () => new FileClaims(BOARD_FD),
  load: loader.load,
  startGuard,
  outputWritten,
  endOrphaned: () => process.kill(process.platform === 'win32' ? process.pid : -process.pid, 'SIGKILL'),
  exit: (code) => process.exit(code),
});
loader.asksWhether(() => worker.isHandling());

function startGuard(): void {
  // Beside the bundle that this file becomes part of.
  const guard = new Worker(new URL('./guard-thread.cjs', import.meta.url), {
    workerData: { fd: GUARD_FD },
    execArgv: [],
  });
  guard.unref();
}

// A handler that calls process.exit() must not take finished results with it. A socket writes at once what fits.
process.on('exit', () => worker.flush());
