import type { CodecName } from '../contract/codec.js';
import type { SectionDelta } from '../contract/trace.js';
import type { PressureLevel } from '../contract/worker-module.js';
import type { WireThrown } from './error-nodes.js';
import type { ArenaPlace } from './record.js';

// The bodies of frames, by the kinds of wire/frame.ts.

/** The first frame a worker gets. */
export interface InitMessage {
  protocol: number;
  moduleUrl: string;
  workerId: number;
  workerData: unknown;
  concurrency: number;
  /** See child/busy-poll.ts. */
  busyPollMs: number;
  /** Threads and inline get their board and result log here; processes inherit them as a file. */
  board: SharedArrayBuffer | undefined;
  /** Whether there is a board and a log at all. */
  hasBoard: boolean;
  /** Whether to start the guard thread; see child/guard-thread.ts. */
  guard: boolean;
  codec: CodecName;
  maxPayloadBytes: number;
  /** Whether processes inherit the files of an arena; see codec/arena.ts. */
  arena: boolean;
  /** Whether what a process prints goes through pipes of its own; see child/print-at-once.ts. */
  ownsOutput: boolean;
  warmup: readonly WarmupTask[];
}
/** A call that a new worker makes before it is ready. */
export interface WarmupTask {
  readonly name: string;
  readonly input: unknown;
  readonly times: number;
}
export interface CancelMessage {
  id: number;
  reason: WireThrown;
}
export interface TuneMessage {
  concurrency: number;
}
export interface PressureMessage {
  level: PressureLevel;
}
export interface ReadyMessage {
  handlers: string[];
  /** Whether the worker could read what the parent had written on the claim board. */
  seesBoard: boolean;
  /** The system's number of the thread that runs its event loop, where that is known. */
  systemThreadId: number | undefined;
}
export interface StartFailedMessage {
  phase: 'load' | 'setup' | 'warmup';
  error: WireThrown;
}
/** What the tasks of one handler did since the start of their worker, ms. */
export interface TaskUseTotals {
  /** In the handler, all together, those under way included. */
  readonly handlerMs: number;
  /** From its calls until they returned. */
  readonly calledMs: number;
  /** Of some of these calls: how long they took, and processor time. */
  readonly sampledMs: number;
  readonly sampledCpuMs: number;
}
/** A worker's view of itself: memory now, shares since its last report, and totals since its start. */
export interface ReportMessage {
  rssBytes: number;
  /** Part of it that V8 works with, and a new worker would soon have again. */
  scratchBytes: number;
  heapUsedBytes: number;
  /** Part of it in the young generation: mostly garbage. */
  youngUsedBytes: number;
  heapLimitBytes: number;
  cpu: number;
  elu: number;
  /** Time in handlers since its start, all tasks together, ms. */
  handlerMs: number;
  /** Time its event loop was active. */
  loopMs: number;
  /** Processor time; where a thread cannot tell its own, as much as `loopMs`. */
  cpuMs: number;
  /** Time its loop could have run, and got no core. */
  delayMs: number;
  /** Of handlers that had tasks since the report before, by index. */
  uses: (readonly [handler: number, totals: TaskUseTotals])[];
  sections: SectionDelta[];
}

/** What a tasks frame has beside its table and its inputs. */
export interface TasksBody {
  readonly extras?: ReadonlyMap<number, RowExtras> | undefined;
}
/** What few tasks have, and their row has no word for. */
export interface RowExtras {
  deadline?: number | undefined;
  wantsProgress?: boolean | undefined;
  /** Where its input lies in the arena, which has no bytes in `values` then. */
  whole?: ArenaPlace | undefined;
  /** Where the large views of its input lie: in the arena, or the next ones of `beside`. */
  views?: readonly (ArenaPlace | undefined)[] | undefined;
  /** The input itself, which only a port can carry; it has no bytes then. */
  cloned?: ClonedValue | undefined;
}

/** A value that only a port can carry. */
export interface ClonedValue {
  readonly value: unknown;
}
/** By wire id: results that only a port can carry. */
export type ResultsBody = ReadonlyMap<number, ClonedValue>;

/** What one side asks of the other. */
export interface RequestMessage {
  /** A key of the table in wire/topics.ts that the asking side has. */
  readonly topic: string;
  readonly asked: unknown;
}
