import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ResolvedOptions } from '../contract/resolve-options.js';
import { SocketChannel } from '../wire/socket-channel.js';
import { BoardFile } from './board-file.js';
import { killAtExit } from './kill-at-exit.js';
import { inheritedFlags, loaderFlags } from './node-flags.js';
import { forwardLines, outputTargets, readToTheEnd, Tail } from './output.js';
import { workerEnv } from './worker-env.js';
import type { Transport, TransportExit, WorkerSpec } from './transport.js';

const ENTRY = new URL('../child/process-entry.js', import.meta.url);
const HEAP_OUT = /JavaScript heap out of memory|Allocation failed/;
/** Results and last words that are still in the pipes after the end of a worker are waited for this long. */
const LAST_BYTES_MS = 1000;
const HAS_PROCESS_GROUPS = process.platform !== 'win32';

/** A worker process. Frames go over a socket pair of their own, apart from stdio, so nothing a handler prints meets them. */
export function startProcess(spec: WorkerSpec): Transport {
  return new ProcessTransport(spec);
}

class ProcessTransport implements Transport {
  readonly channel: SocketChannel;
  readonly sharedBoard = undefined;
  readonly isKillClean = true;
  onExit: (exit: TransportExit) => void = () => {};
  readonly #child: ChildProcess;
  readonly #board = new BoardFile();
  readonly #stderr = new Tail();
  readonly #letGo: () => void;
  #ended = false;

  constructor({ workerId, moduleUrl, options }: WorkerSpec) {
    const flags = options.execArgv ?? inheritedFlags(process.execArgv);
    this.#child = spawn(
      process.execPath,
      [...flags, ...loaderFlags(moduleUrl), fileURLToPath(ENTRY), ...options.argv],
      this.#spawnOptions(options),
    );
    this.#child.on('error', (error) => this.#end({ code: null, signal: null, error }));
    // Node leaves the pipes out when it had no file descriptors to make them.
    const link = (this.#child.stdio as unknown as Socket[] | undefined)?.[3];
    if (link === undefined) {
      this.#board.close();
      throw Object.assign(new Error('No worker process could be started: too many files are open.'), {
        code: 'EMFILE',
      });
    }
    this.channel = new SocketChannel(link);
    this.#letGo = killAtExit(this);
    this.#forwardOutput(options, workerId);
    this.#child.unref();
    link.unref();
    this.#child.on('exit', (code, signal) => {
      // What it sent before its end is still in the link, and its last words in stderr. Not waited for without limit: a
      // grandchild may hold either open for ever.
      const { stdout, stderr } = this.#child;
      const limit = setTimeout(() => this.#end({ code, signal }), LAST_BYTES_MS).unref();
      void Promise.all([hasClosed(link), stderr === null ? undefined : hasClosed(stderr)]).then(() => {
        clearTimeout(limit);
        this.#end({ code, signal });
      });
      for (const pipe of [stdout, stderr]) if (pipe !== null) readToTheEnd(pipe as Socket);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  startedAt(wireId: number): number | undefined {
    return this.#board.startedAt(wireId);
  }

  kill(): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#ended) return;
    // SIGKILL: a handler in a synchronous loop looks at nothing gentler. To the group, so that what it started goes too.
    try {
      process.kill(HAS_PROCESS_GROUPS ? -pid : pid, 'SIGKILL');
    } catch {
      // The group is gone already; 'exit' is on its way.
      this.#child.kill('SIGKILL');
    }
  }

  release(): void {
    this.#letGo();
    this.channel.close();
    this.#board.close();
  }

  #spawnOptions({ stdio, env }: ResolvedOptions): SpawnOptions {
    const output = stdio === 'inherit' ? 'inherit' : 'pipe';
    return {
      stdio: ['ignore', output, output, 'pipe', this.#board.fd],
      env: workerEnv(env),
      // Its own process group: it dies with all it started, and a terminal's Ctrl-C reaches only the parent.
      detached: HAS_PROCESS_GROUPS,
      windowsHide: true,
    };
  }

  #forwardOutput({ stdio, name }: ResolvedOptions, workerId: number): void {
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) return;
    const targets = outputTargets(stdio);
    const label = `[${name}#${workerId}] `;
    this.#stderr.watch(stderr);
    forwardLines(stdout, targets.stdout, label);
    forwardLines(stderr, targets.stderr, label);
    for (const pipe of [stdout, stderr]) (pipe as Socket).unref();
  }

  #end(exit: { code: number | null; signal: NodeJS.Signals | null; error?: Error }): void {
    if (this.#ended) return;
    this.#ended = true;
    const stderrTail = this.#stderr.toString();
    this.onExit({ ...exit, stderrTail, outOfMemory: HEAP_OUT.test(stderrTail) });
  }
}

function hasClosed(socket: Readable): Promise<void> {
  return socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once('close', resolve));
}
