import type { ChildProcess, SpawnOptions } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { clearTimeout, kill, process, setTimeout } from '../base/natives.js';
import { spawn } from '../base/parent-natives.js';
import { isThere } from '../base/read-file.js';
import type { Arena } from '../codec/arena.js';
import type { ResolvedOptions } from '../contract/resolved-options.js';
import { oomKills } from '../sizing/oom-kills.js';
import type { ParentKind } from '../wire/frame.js';
import { SocketChannel } from '../wire/socket-channel.js';
import { ArenaFilePair } from './arena-files.js';
import { bare } from './bare.js';
import { BoardFile } from './board-file.js';
import { bundleFile } from './bundle-file.js';
import { deathSignalTool, doubtDeathSignal } from './death-signal.js';
import { GuardLink } from './guard-link.js';
import { killAtExit } from './kill-at-exit.js';
import { heapFlags, inheritedFlags, inspectFlags, loaderFlags, scavengeFlags } from './node-flags.js';
import { forwardOutput, readToTheEnd, Tail } from './output.js';
import { type Transport, type TransportExit, UNHEARD, type WorkerSpec } from './transport.js';
import { processEnv } from './worker-env.js';

const HEAP_OUT = /JavaScript heap out of memory|Allocation failed/;
/** Longest wait after the end of a worker for results and last words in its pipes. */
const LAST_BYTES_MS = 1000;
/** Time from the end of the link to the kill of a worker that lives on without it. */
const UNLINKED_MS = 100;
const HAS_PROCESS_GROUPS = process.platform !== 'win32';
const LINK_FD = 3;
const GUARD_FD = 5;

/** Starts a worker process. Frames go over a socket pair of their own, apart from stdio, so a handler's output never meets them. */
export function startProcess(spec: WorkerSpec): Transport {
  return new ProcessTransport(spec);
}

class ProcessTransport implements Transport {
  /** Found before the files are opened: they would stay open if it were missing. */
  readonly #entry = bundleFile('process-entry.cjs');
  readonly channel: SocketChannel<ParentKind>;
  readonly sharedBoard = undefined;
  readonly #boardFile = BoardFile.open();
  readonly board = this.#boardFile;
  readonly log = this.#boardFile?.log;
  readonly #arena = ArenaFilePair.open();
  /** Whether the worker has to start a guard thread: stacks are wanted, or nothing else would end it with us. */
  readonly wantsGuard: boolean;
  readonly isKillClean = true;
  onExit: (exit: TransportExit) => void = () => {};
  output = UNHEARD;
  readonly #child: ChildProcess;
  readonly #stderr = new Tail();
  readonly #guard: GuardLink | undefined;
  readonly #unregister: () => void;
  readonly #oomKillsBefore: number | undefined;
  #wasKilledHere = false;
  #isExitExpected = false;
  #ended = false;

  constructor({ workerId, moduleUrl, heapLimitMb, options, slotEnv }: WorkerSpec) {
    const given = options.execArgv ?? inheritedFlags(process.execArgv);
    const env = processEnv(options.env, moduleUrl, slotEnv);
    const flags = this.#orClose(() => [
      ...scavengeFlags(process.versions.node),
      ...heapFlags(heapLimitMb, given, env['NODE_OPTIONS']),
      ...inspectFlags(options.inspect),
      ...given,
      ...loaderFlags(moduleUrl, [...given, env['NODE_OPTIONS'] ?? '']),
    ]);
    const node = [process.execPath, ...flags, fileURLToPath(this.#entry), ...options.argv];
    // The system should report a missing node, not setpriv. A node that this program may not read does exist.
    const deathSignal = isThere(process.execPath, true) ? deathSignalTool() : undefined;
    this.wantsGuard = deathSignal === undefined || options.timeoutStack;
    // setpriv becomes node, with the same pid.
    const [command = '', ...args] = deathSignal === undefined ? node : [deathSignal, '--pdeathsig', 'KILL', ...node];
    this.#child = this.#orClose(() => spawn(command, args, this.#spawnOptions(options, env)));
    // Read after the start, so that the start does not wait for it.
    this.#oomKillsBefore = oomKills();
    this.#child.on('error', (error) => {
      if (deathSignal !== undefined) doubtDeathSignal(deathSignal);
      this.#end({ code: null, signal: null, error });
    });
    // Node leaves the pipes out if it had no file descriptors for them.
    const pipes = this.#child.stdio as unknown as (Socket | null | undefined)[] | undefined;
    const link = pipes?.[LINK_FD];
    if (link === undefined || link === null) {
      this.#closeFiles();
      throw Object.assign(new Error('No worker process could be started: too many files are open.'), {
        code: 'EMFILE',
      });
    }
    const guard = pipes?.[GUARD_FD];
    this.channel = new SocketChannel(link, { maxPayloadBytes: options.maxPayloadBytes });
    this.#guard = guard === undefined || guard === null ? undefined : new GuardLink(guard);
    // A worker that closed or broke its link can neither get work nor be heard. A dying one does so, too. It has a moment to end by
    // itself, so that its own exit code is known.
    link.on('close', () =>
      setTimeout(() => this.#ended || this.#child.exitCode !== null || this.#killGroup(), UNLINKED_MS).unref(),
    );
    this.#unregister = killAtExit(this);
    this.#forwardOutput(options, workerId);
    this.#child.unref();
    link.unref();
    this.#child.on('exit', (code, signal) => {
      if (deathSignal !== undefined && link.bytesRead === 0) doubtDeathSignal(deathSignal);
      // Kills the processes that the worker left behind, unless it ended as expected.
      if (code !== 0 || !this.#isExitExpected) this.#killGroup();
      // Its last frames are still in the link, and its last words in stderr. The wait is limited: a grandchild may hold either
      // open for ever.
      const { stdout, stderr } = this.#child;
      const limit = setTimeout(() => this.#end({ code, signal }), LAST_BYTES_MS).unref();
      void Promise.all([hasClosed(link), stderr === null ? undefined : hasClosed(stderr)]).then(() => {
        clearTimeout(limit);
        this.#end({ code, signal });
      });
      for (const pipe of [stdout, stderr]) if (pipe !== null) readToTheEnd(pipe as Socket);
    });
  }

  get arena(): Arena | undefined {
    return this.#arena?.arena;
  }

  get threadId(): undefined {
    return undefined;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  kill(): void {
    if (this.#ended) return;
    this.#wasKilledHere = true;
    this.#killGroup();
  }

  stack(withinMs: number): Promise<string | undefined> {
    return this.#guard?.stack(withinMs) ?? Promise.resolve(undefined);
  }

  measure(): void {
    this.#boardFile?.askToMeasure();
  }

  isOutputBlocked(): boolean {
    const { stdout, stderr } = this.#child;
    return stdout?.isPaused() === true || stderr?.isPaused() === true;
  }

  expectExit(): void {
    this.#isExitExpected = true;
  }

  release(): void {
    this.#unregister();
    this.#guard?.close();
    this.channel.close();
    this.#closeFiles();
  }

  /** Runs a step of the start. If it fails there is no worker, so the files are closed. */
  #orClose<T>(step: () => T): T {
    try {
      return step();
    } catch (error) {
      this.#closeFiles();
      throw error;
    }
  }

  #closeFiles(): void {
    this.#boardFile?.close();
    this.#arena?.close();
  }

  /** Kills the group, so that processes of the worker go too. SIGKILL: a handler in a synchronous loop ignores gentler signals. */
  #killGroup(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      kill(HAS_PROCESS_GROUPS ? -pid : pid, 'SIGKILL');
    } catch {
      // No process is left in the group. Or the worker is so young that it has no group yet: then it is alone.
      this.#child.kill('SIGKILL');
    }
  }

  #spawnOptions({ stdio }: ResolvedOptions, env: SpawnOptions['env']): SpawnOptions {
    const output = stdio === 'inherit' ? 'inherit' : 'pipe';
    const guard = this.wantsGuard ? 'pipe' : 'ignore';
    const arena = this.#arena === undefined ? [] : [this.#arena.toWorkerFd, this.#arena.toParentFd];
    return bare<SpawnOptions>({
      stdio: ['ignore', output, output, 'pipe', this.#boardFile?.fd ?? 'ignore', guard, ...arena],
      env,
      // Its own process group: it dies with all its processes, and Ctrl-C in a terminal reaches only the parent.
      detached: HAS_PROCESS_GROUPS,
      windowsHide: true,
    });
  }

  #forwardOutput(options: ResolvedOptions, workerId: number): void {
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) return;
    this.#stderr.watch(stderr);
    forwardOutput({ stdout: stdout as Socket, stderr: stderr as Socket }, options, workerId, () => this.output);
  }

  #end(exit: { code: number | null; signal: NodeJS.Signals | null; error?: Error }): void {
    if (this.#ended) return;
    this.#ended = true;
    const stderrTail = this.#stderr.toString();
    const outOfMemory = HEAP_OUT.test(stderrTail) ? 'heap' : this.#wasOomKilled(exit.signal) ? 'kernel' : undefined;
    this.onExit({ ...exit, stderrTail, outOfMemory, lastSection: this.board?.section() ?? '' });
  }

  #wasOomKilled(signal: NodeJS.Signals | null): boolean {
    if (signal !== 'SIGKILL' || this.#wasKilledHere || this.#oomKillsBefore === undefined) return false;
    return (oomKills() ?? 0) > this.#oomKillsBefore;
  }
}

function hasClosed(socket: Readable): Promise<void> {
  return socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once('close', resolve));
}
