// First file in a worker process. File descriptors: 3 link to the parent, 4 claim board, 5 guard's link, 6 and 7 arena.
import { Socket } from 'node:net';
import { exit, getBuiltinModule, kill, process } from '../base/natives.js';
import { Arena } from '../codec/arena.js';
import { openDecoder, openEncoder } from '../codec/open-codec.js';
import { FRAME, type WorkerKind } from '../wire/frame.js';
import { SocketChannel } from '../wire/socket-channel.js';
import { FileClaims, FileLogWriter } from './claims.js';
import { shareContextUntilUsed } from './clean-context.js';
import { importNamespace } from './import-namespace.js';
import { moduleLoader } from './load-module.js';
import { lowerPriority } from './lower-priority.js';
import { outputWritten } from './output-written.js';
import { printAtOnce } from './print-at-once.js';
import { nameProcess } from './process-title.js';
import { restoreTicks } from './restore-ticks.js';
import { serve } from './serve.js';

const LINK_FD = 3;
const BOARD_FD = 4;
const GUARD_FD = 5;
const FROM_PARENT_FD = 6;
const TO_PARENT_FD = 7;

// The parent handles a Ctrl-C in the terminal: it drains, and then stops us.
process.on('SIGINT', () => {});

// Before the module is loaded, so that its storages are noticed.
shareContextUntilUsed();
const loader = moduleLoader(importNamespace);
const link = new Socket({ fd: LINK_FD, readable: true, writable: true });
// Until the first frame brings the pool's settings.
const channel = new SocketChannel<WorkerKind>(link, { maxPayloadBytes: Infinity });
const worker = serve({
  channel,
  open({ poolName, slot, codec, maxPayloadBytes, arena, hasBoard, ownsOutput, nice }) {
    lowerPriority(nice, false);
    nameProcess(poolName, slot);
    if (ownsOutput) printAtOnce();
    channel.format = { maxPayloadBytes };
    return {
      encoder: openEncoder(codec, maxPayloadBytes),
      decoder: openDecoder(codec),
      arena: arena ? new Arena(TO_PARENT_FD, FROM_PARENT_FD) : undefined,
      board: hasBoard ? new FileClaims(BOARD_FD) : undefined,
      log: hasBoard ? new FileLogWriter(BOARD_FD) : undefined,
    };
  },
  load: loader.load,
  startGuard,
  sendNow: (message) => channel.sendNow(LINK_FD, FRAME.measured, message),
  watchBlocked: startBlockedWatch,
  restoreTicks,
  outputWritten,
  endOrphaned: () => kill(process.platform === 'win32' ? process.pid : -process.pid, 'SIGKILL'),
  exit: (code) => exit(code),
});
loader.asksWhether(() => worker.isHandling());

function startGuard(): void {
  // Loaded only here: the load takes 0.45 ms. Code of the user's does not run yet.
  const { Worker } = getBuiltinModule('node:worker_threads');
  // Beside the bundle that contains this file.
  const guard = new Worker(new URL('./guard-thread.cjs', import.meta.url), {
    workerData: { fd: GUARD_FD },
    execArgv: [],
  });
  guard.unref();
}

/** Starts the thread that makes this one measure itself while a handler blocks it. Returns its end. */
function startBlockedWatch(): () => void {
  const { Worker } = getBuiltinModule('node:worker_threads');
  const options = { workerData: { fd: BOARD_FD }, execArgv: [] };
  const watch = new Worker(new URL('./blocked-watch.cjs', import.meta.url), options);
  // Without it, a profile of a blocked handler is lost, and nothing else.
  watch.on('error', () => {});
  watch.unref();
  return () => void watch.terminate();
}

// A handler that calls process.exit() must not lose finished results. A socket at once writes as much as fits.
process.on('exit', () => worker.flush());
