import type { MessagePort } from 'node:worker_threads';
import { MessageChannel } from '../base/parent-natives.js';
import type { ModuleObject } from '../contract/worker-module.js';
import { BOARD_BYTES, MemoryBoard } from '../wire/claim-board.js';
import type { ParentKind } from '../wire/frame.js';
import { PortChannel } from '../wire/port-channel.js';
import { MemoryLogReader } from '../wire/result-log.js';
import { loadFile } from './bundle-file.js';
import { sharedBoard } from './shared-board.js';
import { type Transport, type TransportExit, UNHEARD, type WorkerSpec } from './transport.js';

interface InlineHost {
  serveInline(port: MessagePort, moduleObject: ModuleObject | undefined, onExit: (code: number) => void): () => void;
}

/**
 * A "worker" in the parent's own thread. Inputs and results are copied as usual, with the same order and the same errors.
 * A kill is impossible: a killed inline worker is cut off. Results that it had sent arrive, later ones are dropped, and its handler
 * runs on.
 */
export function startInline(spec: WorkerSpec): Transport {
  return new InlineTransport(spec);
}

class InlineTransport implements Transport {
  readonly channel: PortChannel<ParentKind>;
  readonly sharedBoard = sharedBoard();
  readonly board = new MemoryBoard(this.sharedBoard);
  readonly log = new MemoryLogReader(this.sharedBoard, BOARD_BYTES);
  readonly arena = undefined;
  readonly pid = undefined;
  readonly threadId = undefined;
  readonly wantsGuard = false;
  readonly isKillClean = true;
  onExit: (exit: TransportExit) => void = () => {};
  // What its handlers print is the program's own output.
  output = UNHEARD;
  readonly #cutOff: () => void;
  #ended = false;
  #code: number | null = null;

  constructor({ moduleObject }: WorkerSpec) {
    // By name, as the other transports reach the worker's side: nothing in the parent imports it. Before the ports: if it is
    // missing, they would keep the program alive.
    const host = loadFile('inline-host.cjs') as InlineHost;
    const { port1, port2 } = new MessageChannel();
    this.channel = new PortChannel(port1);
    // After the last frame, as in the other transports.
    this.channel.onClose = () => this.#end(this.#code);
    this.#cutOff = host.serveInline(port2, moduleObject, (code) => (this.#code = code));
    // Listening makes a port keep the program alive, which the pool has to decide.
    port1.unref();
    port2.unref();
  }

  kill(): void {
    this.#cutOff();
  }

  /** Undefined: no other thread can inspect this one while it is busy. */
  stack(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /** As for `stack`. */
  measure(): void {}

  isOutputBlocked(): boolean {
    return false;
  }

  expectExit(): void {}

  release(): void {
    this.channel.close();
  }

  #end(code: number | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.onExit({ code, signal: null, stderrTail: '', outOfMemory: undefined, lastSection: '' });
  }
}
