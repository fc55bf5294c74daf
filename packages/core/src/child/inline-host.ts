// The worker's side of kind 'inline': the same code as in a worker, in the parent's own thread.
import type { MessagePort } from 'node:worker_threads';
import { loadInline } from '../base/lineage.js';
import { ownUrl, requireFrom } from '../base/own-file.js';
import { openPortCodec } from '../codec/open-codec.js';
import { PortChannel } from '../wire/port-channel.js';
import { MemoryBoard } from '../wire/claim-board.js';
import type { InitMessage } from '../wire/frame.js';
import { importOrRequire, importWithTsx } from './load-typescript.js';
import { serve } from './serve.js';

const ownRequire = requireFrom(ownUrl());

/** Serves the port until it is told to stop, then calls back. */
export function serveInline(port: MessagePort, onExit: (code: number) => void): void {
  const channel = new PortChannel(port);
  serve({
    channel,
    useCodec({ codec, maxPayloadBytes }) {
      channel.codec = openPortCodec(codec, maxPayloadBytes);
    },
    load: (url) => loadInline(url, () => importWithTsx(url, (each) => importOrRequire(each, ownRequire))),
    board: ({ board }: InitMessage) => new MemoryBoard(board as SharedArrayBuffer),
    startGuard() {},
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
}
