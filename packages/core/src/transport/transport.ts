import type { Arena } from '../codec/arena.js';
import type { DeathReport } from '../contract/errors.js';
import type { ProfileTerms } from '../contract/profile-messages.js';
import type { ResolvedOptions } from '../contract/resolved-options.js';
import type { SlotOptions } from '../contract/slot-options.js';
import type { ModuleObject } from '../contract/worker-module.js';
import type { ParentBoard } from '../wire/claim-board.js';
import type { ParentChannel } from '../wire/frame.js';
import type { WarmupTask } from '../wire/messages.js';
import type { LogReader } from '../wire/result-log.js';
import type { StartValue } from '../wire/start-value.js';
import type { OutputListener } from './line-reporter.js';

/** Wants no output. */
export const UNHEARD: OutputListener = { isWanted: () => false, lines() {}, behind() {} };

/** Data that a transport needs to start a worker. */
export interface WorkerSpec {
  readonly workerId: number;
  /** A small number that its replacement inherits. */
  readonly slot: number;
  /** Variables for workers of this slot, beside those of the pool. */
  readonly slotEnv: SlotOptions['env'];
  /** Worker module: a file: URL, or GIVEN_OBJECT of base/module-file.ts. */
  readonly moduleUrl: string;
  /** Worker module that was given as an object. */
  readonly moduleObject?: ModuleObject | undefined;
  /** Number of tasks that it runs at once, at first. */
  readonly concurrency: number;
  /** Heap limit, MiB. */
  readonly heapLimitMb: number | undefined;
  readonly options: ResolvedOptions;
  readonly startData: StartData;
  /** What profilers ask of it at its start. */
  readonly profile?: ProfileTerms | undefined;
}

/** Copies of what every worker of a pool gets at its start. */
export interface StartData {
  readonly workerData: StartValue;
  readonly warmup: readonly WarmupTask[];
}

/** End of a worker, as the operating system or the thread reported it. */
export interface TransportExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The last 8 KB of its stderr, or the uncaught error of a thread. */
  stderrTail: string;
  outOfMemory: DeathReport['outOfMemory'];
  lastSection: string;
  /** Set if it could not even be started. */
  error?: Error;
}

/**
 * A running child: a process, a thread, or the parent itself. It never keeps the program alive by itself.
 * `onExit` comes exactly once, after the last frame.
 */
export interface Transport {
  readonly channel: ParentChannel;
  /** Of a process. */
  readonly pid: number | undefined;
  /** Of a thread. */
  readonly threadId: number | undefined;
  /** Given to the worker in its first frame, where memory can be shared. */
  readonly sharedBoard: SharedArrayBuffer | undefined;
  /** The claim board and the result log; both undefined if there are none. Readable after the worker's death, until `release`. */
  readonly board: ParentBoard | undefined;
  readonly log: LogReader | undefined;
  /** Memory for large values between processes, if there is any. */
  readonly arena: Arena | undefined;
  /** Whether the worker has to start a guard thread on the link made for it. */
  readonly wantsGuard: boolean;
  /** Current stack of its handler, even in synchronous code; undefined if it cannot be read in time. */
  stack(withinMs: number): Promise<string | undefined>;
  /** Makes a worker that is profiled send what it has measured, even in synchronous code. Nothing comes if that is not possible. */
  measure(withinMs: number): void;
  /**
   * Whether a kill leaves nothing behind even while the worker loads its module. A thread that is ended then leaks the
   * files it was opening, into this process.
   */
  readonly isKillClean: boolean;
  /** Whether its output waits for a slow reader; a process then waits with it. */
  isOutputBlocked(): boolean;
  /** Notes that it was asked to stop. If it ends well, processes that it left running on purpose are not killed. */
  expectExit(): void;
  /** Ends it at once, in any state. */
  kill(): void;
  onExit: (exit: TransportExit) => void;
  /** Receives its output by lines. */
  output: OutputListener;
  /** Releases the rest: file descriptors and buffers. Called after onExit. */
  release(): void;
}

export type StartTransport = (spec: WorkerSpec) => Transport;
