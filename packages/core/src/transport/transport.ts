import type { ResolvedOptions } from '../contract/resolve-options.js';
import type { FrameChannel } from '../wire/frame.js';

/** What a transport needs to start a worker. */
export interface WorkerSpec {
  readonly workerId: number;
  /** file: URL of the worker module. */
  readonly moduleUrl: string;
  readonly options: ResolvedOptions;
}

/** How a worker ended, as the operating system or the thread told it. */
export interface TransportExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The last 8 KB of its stderr, or the uncaught error of a thread. */
  stderrTail: string;
  outOfMemory: boolean;
  /** Set when it could not even be started. */
  error?: Error | undefined;
}

/**
 * A running child: a process, a thread, or the parent itself. It never keeps the program alive by itself.
 * `onExit` comes exactly once, after the last frame.
 */
export interface Transport {
  readonly channel: FrameChannel;
  /** Process id, thread id, or undefined. */
  readonly pid: number | undefined;
  /** Given to the worker in its first frame, where memory can be shared. */
  readonly sharedBoard: SharedArrayBuffer | undefined;
  /** When the worker began this task, host clock; undefined when it did not. Readable after its death. */
  startedAt(wireId: number): number | undefined;
  /**
   * Whether a kill leaves nothing behind even while the worker loads its module. A thread that is ended then leaks the
   * files it was opening, into this process.
   */
  readonly isKillClean: boolean;
  /** Ends it at once, whatever it does. */
  kill(): void;
  onExit: (exit: TransportExit) => void;
  /** Lets go of what is left: file descriptors and buffers. Called after onExit. */
  release(): void;
}

export type StartTransport = (spec: WorkerSpec) => Transport;
