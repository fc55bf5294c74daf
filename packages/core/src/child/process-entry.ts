// First file in a worker process. fd 3 is the link to the parent, fd 4 the claim board.
import { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { SocketChannel } from '../wire/socket-channel.js';
import { FileClaims } from './claims.js';
import { outputWritten } from './output-written.js';
import { serve } from './serve.js';

const LINK_FD = 3;
const BOARD_FD = 4;
const GUARD_FD = 5;

// A Ctrl-C in the terminal is the parent's to handle: it drains, and stops us when it is done.
process.on('SIGINT', () => {});

const channel = new SocketChannel(new Socket({ fd: LINK_FD, readable: true, writable: true }));
const worker = serve({
  channel,
  board: () => new FileClaims(BOARD_FD),
  startGuard,
  outputWritten,
  endOrphaned: () => process.kill(process.platform === 'win32' ? process.pid : -process.pid, 'SIGKILL'),
  exit: (code) => process.exit(code),
});

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
