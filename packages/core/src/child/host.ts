import type { Arena } from '../codec/arena.js';
import type { ValueDecoder, ValueEncoder } from '../codec/value-codec.js';
import type { WorkerBoard } from '../wire/claim-board.js';
import type { WorkerChannel } from '../wire/frame.js';
import type { InitMessage, MeasuredMessage } from '../wire/messages.js';
import type { LogWriter } from '../wire/result-log.js';
import type { Imported } from './import-namespace.js';

/** Things that a worker shares with its parent besides the link. */
export interface Shared {
  encoder: ValueEncoder;
  decoder: ValueDecoder;
  arena: Arena | undefined;
  /** Both undefined if there is no memory that both see. */
  board: WorkerBoard | undefined;
  log: LogWriter | undefined;
}

/** Differences between a process, a thread and the parent itself. */
export interface Host {
  channel: WorkerChannel;
  /** Opens the codec, and the memory shared with the parent. @throws if the codec cannot be loaded */
  open(init: InitMessage): Shared;
  /** Imports the worker module. */
  load(url: string): Promise<Imported>;
  /** Starts the thread that ends this process with its parent. */
  startGuard(): void;
  /** Undoes a handler's fake of process.nextTick: the streams that write the last bytes need the real one. */
  restoreTicks(): void;
  /**
   * Sends a message to the parent while a handler blocks the event loop. False if that is not possible; undefined where the link does
   * so by itself.
   */
  readonly sendNow?: (message: MeasuredMessage) => boolean;
  /** Starts the thread that makes the main thread of a process measure itself while a handler blocks it. Returns its end. */
  readonly watchBlocked?: () => () => void;
  /** Whether it is the parent's own thread. */
  readonly isInline?: boolean;
  /** Resolves when all printed output has left. */
  outputWritten(): Promise<unknown>;
  /** Ends it and all its children: its parent, which would end them, is gone. */
  endOrphaned(): void;
  /** Ends the process or thread. */
  exit(code: number): void;
}

/** The running worker, as its host sees it. */
export interface Served {
  /** Sends what is left: it ends. */
  flush(): void;
  /** Ends the tasks: none begins any more, and no result leaves. */
  end(): void;
  isHandling(): boolean;
}
