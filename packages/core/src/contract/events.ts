import type { BreakerState } from './breaker-options.js';
import type { DeathReport } from './errors.js';
import type { OutputStream } from './stdio.js';

/** How short memory is. The levels after 'normal' begin at 70 %, 80 %, 90 % and 95 % of the limit in use. */
export type MemoryLevel = 'normal' | 'elevated' | 'high' | 'critical' | 'emergency';

/** A task that has run for its `slowMs`. Each item of a batch is a task of its own; a hedge is none. */
export interface SlowTask {
  task: string;
  taskId: number;
  /** Starts of its handler, this one included. */
  attempt: number;
  workerId: number;
  /** Time since its handler was called, and its `slowMs`, in milliseconds. */
  ranMs: number;
  slowMs: number;
  /**
   * Path of the open section (`ctx.section`) that its worker has entered last, up to 127 bytes; empty for none. Where several
   * tasks run in that worker, it may be that of another one.
   */
  section: string;
  /**
   * Finds out where the worker's thread stands now, in lines like those of an error. It pauses the handler for a moment. Works for
   * threads of a program's main thread, and for processes with `timeoutStack`. Undefined elsewhere, and without an answer in 2 s.
   */
  stack(): Promise<string | undefined>;
}

/** A change of a circuit breaker. */
export interface BreakerEvent {
  task: string;
  /** Its key, a long one by its SHA-256; undefined for a task with one breaker for all calls. */
  key: string | undefined;
  from: BreakerState;
  to: BreakerState;
  /** Reason as a sentence without its full stop. */
  reason: string;
  /** Time for which it refuses calls, in milliseconds: Infinity until `reset()`; 0 for a breaker that lets calls through. */
  openMs: number;
  /** The failure that opened it; undefined for another reason. */
  error: unknown;
  /** Whether it only says so, and refuses nothing. */
  dryRun: boolean;
}

/**
 * Events of a pool, with the arguments of their listeners. Listeners run synchronously; keep them short. What a listener
 * throws becomes an uncaught exception of the program, and later listeners of that event are not called. The pool goes on.
 */
export interface PoolEvents {
  /**
   * A worker is warm and takes tasks. `pid` is set for a process, `threadId` for a thread; `bootMs` is the time from spawn to
   * ready.
   */
  'worker:ready': (event: {
    workerId: number;
    /** Its `ctx.slot`. */
    slot: number;
    pid: number | undefined;
    threadId: number | undefined;
    bootMs: number;
  }) => void;
  /** A worker has ended; `expected` when the pool asked it to go. */
  'worker:exited': (event: DeathReport & { expected: boolean }) => void;
  /**
   * A healthy worker is replaced on purpose, and goes. Its successor is ready. Where it goes because memory is short, or
   * because its heap is nearly full, its successor starts afterwards.
   */
  'worker:recycled': (event: { workerId: number; reason: string }) => void;
  /**
   * A healthy worker was to be replaced, and stays, because no successor could be started. Rules of `recycle` try again
   * later.
   */
  'recycle:failed': (event: { workerId: number; reason: string; error: unknown }) => void;
  /**
   * A worker has tasks in flight, but none has begun, and it has given no sign for `silentMs`. Code left behind by a finished
   * task does not end, or an input takes too long to decode. The worker is killed and replaced, and its tasks go to others.
   * `stack` shows where it stands, for threads, and for processes with `timeoutStack`. It is undefined if that is not known
   * within half a second.
   */
  'worker:stuck': (event: {
    workerId: number;
    pid: number | undefined;
    silentMs: number;
    tasks: string[];
    stack: string | undefined;
  }) => void;
  /**
   * The memory of a worker grows with its tasks: by `bytesPerTask` for each, by `grownBytes` in all. Emitted once per worker.
   * With `recycle.onLeak` the worker is replaced.
   */
  'worker:leaks': (event: { workerId: number; tasksDone: number; bytesPerTask: number; grownBytes: number }) => void;
  /**
   * A worker has printed a line; the event has it without its line break, as UTF-8. For processes and threads with `stdio`
   * 'pipe', 'stderr' or 'events'. A process's line above 64 KiB comes in pieces, cut between characters. `task` and `taskId` name
   * the task that printed it. They are undefined if none ran, or several did since the output was read last. The last lines of a
   * task may come after its result, and those of a worker after `worker:exited`. While there is a listener, a worker that prints
   * faster than the program reads waits. Lines that no listener hears are not kept.
   */
  output: (event: {
    workerId: number;
    stream: OutputStream;
    line: string;
    task: string | undefined;
    taskId: number | undefined;
  }) => void;
  /** A task has run for its `slowMs` and still runs; see {@link SlowTask}. */
  'task:slow': (event: SlowTask) => void;
  /** Every place in every ready worker is taken, and tasks wait. */
  saturated: () => void;
  /** The queue has emptied again after `saturated`. */
  unsaturated: () => void;
  /** The wanted number of workers changed. */
  resized: (event: { from: number; to: number; reason: string }) => void;
  /** Memory is short, or no longer short; see `memory` in the options. */
  'memory:level': (event: { from: MemoryLevel; to: MemoryLevel; usedBytes: number; limitBytes: number }) => void;
  /** A circuit breaker has opened, or was isolated. Emitted after the step of the pool that led to it, as the next two are. */
  'breaker:open': (event: BreakerEvent) => void;
  /** The time of an open breaker is over. A call has found that out, or a look at its state. */
  'breaker:half-open': (event: BreakerEvent) => void;
  'breaker:close': (event: BreakerEvent) => void;
  /**
   * The pool gave up. Every pending task rejects with this error, ERR_POOL_FAILED; its `cause` is the last death or failed start.
   */
  failed: (error: Error) => void;
}

const EVENTS: Readonly<Record<keyof PoolEvents, true>> = {
  'worker:ready': true,
  'worker:exited': true,
  'worker:recycled': true,
  'recycle:failed': true,
  'worker:stuck': true,
  'worker:leaks': true,
  output: true,
  'task:slow': true,
  saturated: true,
  unsaturated: true,
  resized: true,
  'memory:level': true,
  'breaker:open': true,
  'breaker:half-open': true,
  'breaker:close': true,
  failed: true,
};

/** The names of all events. */
export const EVENT_NAMES = Object.keys(EVENTS) as readonly (keyof PoolEvents)[];
