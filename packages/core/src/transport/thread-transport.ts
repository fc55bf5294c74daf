import { MessageChannel, Worker, type MessagePort, type WorkerOptions } from 'node:worker_threads';
import type { ResolvedOptions } from '../contract/resolve-options.js';
import { LINEAGE_KEY, lineageOf } from '../base/lineage.js';
import { openPortCodec } from '../codec/open-codec.js';
import { BOARD_BYTES, MemoryBoard } from '../wire/claim-board.js';
import { printedOn } from '../wire/output-port.js';
import { PortChannel } from '../wire/port-channel.js';
import { bare } from './bare.js';
import { bundleFile } from './bundle-file.js';
import { heapFlags, threadLoader } from './node-flags.js';
import { forwardLines, outputTargets, Tail } from './output.js';
import { threadStack } from './thread-stack.js';
import { workerEnv } from './worker-env.js';
import type { Transport, TransportExit, WorkerSpec } from './transport.js';

/** Results still in the port after the end of a thread are waited for this long. */
const LAST_MESSAGES_MS = 1000;

/** A worker thread. Frames go over a port of their own, so nothing a handler posts to its parentPort meets them. */
export function startThread(spec: WorkerSpec): Transport {
  return new ThreadTransport(spec);
}

class ThreadTransport implements Transport {
  readonly channel: PortChannel;
  readonly sharedBoard = new SharedArrayBuffer(BOARD_BYTES);
  readonly board = new MemoryBoard(this.sharedBoard);
  readonly isKillClean = false;
  readonly pid: number;
  readonly wantsGuard = false;
  readonly hasArena = false;
  onExit: (exit: TransportExit) => void = () => {};
  readonly #thread: Worker;
  readonly #stderr = new Tail();
  #outOfMemory: 'limit' | undefined;

  constructor(spec: WorkerSpec) {
    const { workerId, options } = spec;
    // Ahead of the ports: they would keep the program alive if it were missing.
    const entry = bundleFile('thread-entry.cjs');
    const { port1, port2 } = new MessageChannel();
    this.channel = new PortChannel(port1, openPortCodec(options.codec, options.maxPayloadBytes));
    const output = options.stdio === 'inherit' ? undefined : outputPorts();
    const data = {
      port: port2,
      ...output?.there,
      [LINEAGE_KEY]: lineageOf(spec.moduleUrl),
      tsx: threadLoader(spec.moduleUrl),
    };
    this.#thread = new Worker(
      entry,
      bare<WorkerOptions>({
        ...threadOptions(spec),
        name: `${options.name}#${workerId}`,
        workerData: data,
        transferList: [port2, ...Object.values(output?.there ?? {})],
      }),
    );
    this.pid = this.#thread.threadId;
    if (output !== undefined) this.#forwardOutput(options, workerId, output.here);
    this.#thread.unref();
    port1.unref();
    const portClosed = new Promise<void>((resolve) => (this.channel.onClose = resolve));
    this.#thread.on('error', (error: Error & { code?: string }) => {
      if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') this.#outOfMemory = 'limit';
      this.#stderr.add(Buffer.from(`${error.stack ?? error.message}\n`));
    });
    this.#thread.on('exit', (code) => {
      const limit = new Promise<void>((resolve) => setTimeout(resolve, LAST_MESSAGES_MS).unref());
      void Promise.race([portClosed, limit]).then(() =>
        this.onExit({
          code,
          signal: null,
          stderrTail: this.#stderr.toString(),
          outOfMemory: this.#outOfMemory,
          lastSection: this.board.section(),
        }),
      );
    });
  }

  kill(): void {
    void this.#thread.terminate();
  }

  stack(withinMs: number): Promise<string | undefined> {
    return threadStack(this.pid, withinMs);
  }

  expectExit(): void {}

  release(): void {
    this.channel.close();
  }

  #forwardOutput({ stdio, name }: ResolvedOptions, workerId: number, ports: OutputPorts): void {
    const stderr = printedOn(ports.stderr);
    const targets = outputTargets(stdio);
    const label = `[${name}#${workerId}] `;
    this.#stderr.watch(stderr);
    forwardLines(printedOn(ports.stdout), targets.stdout, label);
    forwardLines(stderr, targets.stderr, label);
  }
}

/** Ports for what a thread prints: this side's, and those to give to the thread. */
type OutputPorts = Record<'stdout' | 'stderr', MessagePort>;

function outputPorts(): { here: OutputPorts; there: OutputPorts } {
  const stdout = new MessageChannel();
  const stderr = new MessageChannel();
  return {
    here: { stdout: stdout.port1, stderr: stderr.port1 },
    there: { stdout: stdout.port2, stderr: stderr.port2 },
  };
}

function threadOptions({ options, heapLimitMb }: WorkerSpec): WorkerOptions {
  const { env, argv, execArgv, resourceLimits } = options;
  const result: WorkerOptions = { argv: [...argv] };
  // Left out, a thread shares this process's flags.
  if (execArgv !== undefined) result.execArgv = [...execArgv];
  const hasOwnLimit = heapFlags(heapLimitMb, execArgv ?? process.execArgv, process.env.NODE_OPTIONS).length > 0;
  if (hasOwnLimit || resourceLimits !== undefined) {
    result.resourceLimits = bare({
      ...(hasOwnLimit ? { maxOldGenerationSizeMb: heapLimitMb } : {}),
      ...resourceLimits,
    });
  }
  if (env !== 'inherit') result.env = workerEnv(env);
  return result;
}
