import type { MessagePort, WorkerOptions } from 'node:worker_threads';
import { LINEAGE_KEY, lineageOf } from '../base/lineage.js';
import { measureBlocked } from '../base/measure-blocked.js';
import { messageOf } from '../base/message-of.js';
import { Buffer, clearTimeout, process, setTimeout } from '../base/natives.js';
import { MessageChannel, Worker } from '../base/parent-natives.js';
import type { ResolvedOptions } from '../contract/resolved-options.js';
import type { OutputStream, StdioOption } from '../contract/stdio.js';
import { BOARD_BYTES, MemoryBoard } from '../wire/claim-board.js';
import type { ParentKind } from '../wire/frame.js';
import { PrintedOn } from '../wire/output-port.js';
import { PortChannel } from '../wire/port-channel.js';
import { MemoryLogReader } from '../wire/result-log.js';
import { bare } from './bare.js';
import { bundleFile } from './bundle-file.js';
import { heapFlags, threadLoader } from './node-flags.js';
import { forwardOutput, readToTheEnd, Tail } from './output.js';
import { sharedBoard } from './shared-board.js';
import { inspectThread } from './thread-inspector.js';
import { threadStack } from './thread-stack.js';
import { type Transport, type TransportExit, UNHEARD, type WorkerSpec } from './transport.js';
import { workerEnv } from './worker-env.js';

/**
 * Time for a thread to end after an uncaught error, by Node's process.exit(). If a handler has replaced that, the parent ends it.
 */
const ENDS_WITHIN_MS = 1000;
/** Longest wait after the end of a thread for results in its port. */
const LAST_MESSAGES_MS = 1000;

/** Starts a worker thread. Frames go over a port of their own, so posts of a handler to its parentPort never meet them. */
export function startThread(spec: WorkerSpec): Transport {
  return new ThreadTransport(spec);
}

class ThreadTransport implements Transport {
  readonly channel: PortChannel<ParentKind>;
  readonly sharedBoard = sharedBoard();
  readonly board = new MemoryBoard(this.sharedBoard);
  readonly log = new MemoryLogReader(this.sharedBoard, BOARD_BYTES);
  readonly arena = undefined;
  readonly isKillClean = false;
  readonly pid = undefined;
  readonly threadId: number;
  readonly wantsGuard = false;
  onExit: (exit: TransportExit) => void = () => {};
  output = UNHEARD;
  #isKilled = false;
  readonly #thread: Worker;
  readonly #stderr = new Tail();
  #outOfMemory: 'limit' | undefined;

  constructor(spec: WorkerSpec) {
    const { workerId, options } = spec;
    // Found before the ports are made: they would keep the program alive if it were missing.
    const entry = bundleFile('thread-entry.cjs');
    const { port1, port2 } = new MessageChannel();
    const output = outputPorts(options.stdio);
    const data = {
      port: port2,
      ...output.there,
      [LINEAGE_KEY]: lineageOf(spec.moduleUrl),
      tsx: threadLoader(spec.moduleUrl),
    };
    try {
      this.#thread = new Worker(
        entry,
        bare<WorkerOptions>({
          ...threadOptions(spec),
          name: `${options.name}#${workerId}`,
          workerData: data,
          transferList: [port2, ...Object.values(output.there)],
        }),
      );
    } catch (error) {
      // No thread could be made, or there is no memory for one. Open ports would keep the program alive.
      for (const port of [port1, ...Object.values(output.here)]) port.close();
      throw error;
    }
    // Only once there is a thread: a port with a listener keeps the program alive.
    this.channel = new PortChannel(port1);
    this.threadId = this.#thread.threadId;
    this.#forwardOutput(options, workerId, output.here);
    this.#thread.unref();
    port1.unref();
    const portClosed = new Promise<void>((resolve) => (this.channel.onClose = resolve));
    let overdue: NodeJS.Timeout | undefined;
    // Any uncaught value of a handler, even null.
    this.#thread.on('error', (error: unknown) => {
      const { code, stack } = (error ?? {}) as { code?: unknown; stack?: unknown };
      if (code === 'ERR_WORKER_OUT_OF_MEMORY') this.#outOfMemory = 'limit';
      this.#stderr.add(Buffer.from(`${typeof stack === 'string' ? stack : `Uncaught ${messageOf(error)}`}\n`));
      overdue ??= setTimeout(() => this.kill(), ENDS_WITHIN_MS).unref();
    });
    this.#thread.on('exit', (code) => {
      clearTimeout(overdue);
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
    // A second call is useless: it would wait for the exit anew, and twelve cause a warning of a leak.
    if (this.#isKilled) return;
    this.#isKilled = true;
    void this.#thread.terminate();
  }

  stack(withinMs: number): Promise<string | undefined> {
    return threadStack(this.threadId, withinMs);
  }

  measure(withinMs: number): void {
    void inspectThread(this.threadId, withinMs, measureBlocked);
  }

  isOutputBlocked(): boolean {
    return false;
  }

  expectExit(): void {}

  release(): void {
    this.channel.close();
  }

  #forwardOutput(options: ResolvedOptions, workerId: number, ports: OutputPorts): void {
    const sources: Partial<Record<OutputStream, PrintedOn>> = {};
    for (const [stream, port] of Object.entries(ports) as [OutputStream, MessagePort][]) {
      const printed = (sources[stream] = new PrintedOn(port));
      if (stream === 'stderr') this.#stderr.watch(printed);
      this.#thread.on('exit', () => readToTheEnd(printed));
    }
    forwardOutput(sources, options, workerId, () => this.output);
  }
}

/** Ports for a thread's output, without those that Node pipes to the program's own streams. */
type OutputPorts = Partial<Record<OutputStream, MessagePort>>;

/** The ends of this side, and those for the thread. */
function outputPorts(stdio: StdioOption): { here: OutputPorts; there: OutputPorts } {
  const [here, there]: [OutputPorts, OutputPorts] = [{}, {}];
  for (const stream of ['stdout', 'stderr'] as const) {
    if (stdio === 'inherit' && isStream(stream)) continue;
    const { port1, port2 } = new MessageChannel();
    here[stream] = port1;
    there[stream] = port2;
  }
  return { here, there };
}

/** A flag that no Node knows: a thread with it never starts, whatever the other flags are. */
const UNKNOWN_FLAG = '--millpond-asks-which-flags-are-refused';

/**
 * The flags that Node refuses to give to a thread: all flags of V8, and of the whole process. Empty when there are none. Node alone
 * knows them, and lists them when it is asked to start a thread with them.
 */
export function flagsRefused(execArgv: readonly string[]): string {
  try {
    new Worker('', { eval: true, execArgv: [...execArgv, UNKNOWN_FLAG] });
    return '';
  } catch (error) {
    const [, refused = ''] = /execArgv flags: (.*)/s.exec((error as Error).message) ?? [];
    const flags = refused.split(', ').filter((flag) => flag !== UNKNOWN_FLAG);
    return flags.join(', ');
  }
}

function threadOptions({ options, heapLimitMb, slotEnv }: WorkerSpec): WorkerOptions {
  const { env, argv, execArgv, resourceLimits } = options;
  const result: WorkerOptions = { argv: [...argv], stdout: !isStream('stdout'), stderr: !isStream('stderr') };
  // Without execArgv, a thread shares this process's flags.
  if (execArgv !== undefined) result.execArgv = [...execArgv];
  const hasOwnLimit = heapFlags(heapLimitMb, execArgv ?? process.execArgv, process.env.NODE_OPTIONS).length > 0;
  if (hasOwnLimit || resourceLimits !== undefined) {
    result.resourceLimits = bare({
      ...resourceLimits,
      // Not by its place in the spread: an omitted option may be present as undefined.
      maxOldGenerationSizeMb: resourceLimits?.maxOldGenerationSizeMb ?? (hasOwnLimit ? heapLimitMb : undefined),
    });
  }
  if (env !== 'inherit' || slotEnv !== undefined) result.env = workerEnv(env, slotEnv);
  return result;
}

/**
 * Whether the program has a stream that Node can pipe a thread's own output to. Without one, Node would throw instead of starting
 * the thread. For either stream, Node compares it with `process.stdout` first.
 */
function isStream(name: OutputStream): boolean {
  try {
    const { stdout, [name]: stream } = process as Pick<Partial<NodeJS.Process>, OutputStream>;
    return (
      stdout !== null &&
      [stream?.on, stream?.setMaxListeners, stream?.write].every((method) => typeof method === 'function')
    );
  } catch {
    // The program has removed it, or Node cannot open it.
    return false;
  }
}
