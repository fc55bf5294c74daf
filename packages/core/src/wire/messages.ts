import type { PortValue } from '../codec/port-value.js';
import type { CodecName } from '../contract/codec.js';
import type { Headers } from '../contract/headers.js';
import type { IoMessage, ProfileMessage, ProfileTerms, WorkerUsage } from '../contract/profile-messages.js';
import type { BatchRules } from '../contract/resolve-batch.js';
import type { SectionDelta, SectionMistakes } from '../contract/trace.js';
import type { PressureLevel } from '../contract/worker-module.js';
import type { WireThrown } from './error-nodes.js';
import type { FlowTerms } from './flow.js';
import type { ArenaPlace } from './record.js';
import type { StartValue } from './start-value.js';

// Bodies of frames, by the kinds of wire/frame.ts.

/** The first frame of a worker. */
export interface InitMessage {
  protocol: number;
  moduleUrl: string;
  workerId: number;
  /** A small number that its replacement inherits. */
  slot: number;
  poolName: string;
  workerData: StartValue;
  concurrency: number;
  /** See child/busy-poll.ts. */
  busyPollMs: number;
  /** Board and result log of threads and inline workers; processes inherit them as a file. */
  board: SharedArrayBuffer | undefined;
  /** Whether there is a board and a log. */
  hasBoard: boolean;
  /** Whether to start the guard thread; see child/guard-thread.ts. */
  guard: boolean;
  codec: CodecName;
  maxPayloadBytes: number;
  /** Whether processes inherit the files of an arena; see codec/arena.ts. */
  arena: boolean;
  /** Whether the output of a process goes through pipes of its own; see child/print-at-once.ts. */
  ownsOutput: boolean;
  /** Steps by which to lower its priority. */
  nice: number;
  warmup: readonly WarmupTask[];
  /** What profilers ask of it; undefined without any. */
  profile: ProfileTerms | undefined;
}
/** A call that a new worker makes before it is ready. */
export interface WarmupTask {
  readonly name: string;
  readonly input: StartValue;
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
/** What profilers ask of a worker from now on; undefined when the last one has stopped. */
export interface ProfileTermsMessage {
  terms: ProfileTerms | undefined;
}
/** What a worker has measured of itself, for profilers. */
export interface MeasuredMessage {
  usage?: WorkerUsage | undefined;
  io?: Pick<IoMessage, 'io' | 'unknown' | 'folded'> | undefined;
  part?: ProfileMessage['part'] | undefined;
  /** Whether it is the last of an answer to `Transport.measure`. */
  isAnswer?: boolean | undefined;
  /** Whether nothing comes after it: the worker ends. */
  isLast?: boolean | undefined;
}
export interface ReadyMessage {
  handlers: string[];
  /** Whether it has to be asked to stop, even where time is short. */
  hasTeardown: boolean;
  /** Rules of its batch handlers, by name; undefined without any. */
  batches?: (readonly [name: string, rules: BatchRules])[] | undefined;
  /** Whether the worker could read the parent's test value on the claim board. */
  seesBoard: boolean;
  /** The system's number of the thread that runs its event loop; undefined if unknown. */
  systemThreadId: number | undefined;
}
export interface StartFailedMessage {
  phase: 'load' | 'setup' | 'warmup';
  error: WireThrown;
}
/** Times of the tasks of one handler since the start of their worker, ms. */
export interface TaskUseTotals {
  /** Time in the handler, summed over all tasks, those in flight included. */
  readonly handlerMs: number;
  /** Time from the handler's calls until they returned. */
  readonly calledMs: number;
  /** Duration and processor time of a sample of these calls. */
  readonly sampledMs: number;
  readonly sampledCpuMs: number;
}
/** A worker's report of itself: memory now, shares since its last report, and totals since its start. */
export interface ReportMessage {
  rssBytes: number;
  /** Part of it that V8 works with; a new worker would soon use as much. */
  scratchBytes: number;
  heapUsedBytes: number;
  /** Part of it in the young generation, mostly garbage. */
  youngUsedBytes: number;
  heapLimitBytes: number;
  cpu: number;
  elu: number;
  /** Time in handlers since the worker's start, summed over all tasks, ms. */
  handlerMs: number;
  /** Active time of its event loop. */
  loopMs: number;
  /** Processor time; equal to `loopMs` where a thread cannot measure its own. */
  cpuMs: number;
  /** Time for which its loop was ready to run, but had no core. */
  delayMs: number;
  /** Totals of handlers that had tasks since the previous report, by index. */
  uses: (readonly [handler: number, totals: TaskUseTotals])[];
  sections: SectionDelta[];
  mistakes?: SectionMistakes | undefined;
}

/** Content of a tasks frame beside its table and its inputs. */
export interface TasksBody {
  readonly extras?: ReadonlyMap<number, RowExtras> | undefined;
}
/** Rare fields of a task, for which its row has no word. */
export interface RowExtras {
  deadline?: number | undefined;
  wantsProgress?: boolean | undefined;
  headers?: Headers | undefined;
  /** Whether the parent corrects limits by what the handler reports. */
  isMetered?: boolean | undefined;
  /** Place of its input in the arena; the input then has no bytes in `values`. */
  whole?: ArenaPlace | undefined;
  /** Places of the large views of its input: in the arena, or the next ones of `beside`. */
  views?: readonly (ArenaPlace | undefined)[] | undefined;
  /** Number of rows from here back to the row with its input, in the same call. Its own then has no bytes. */
  sameAs?: number | undefined;
  /** The input itself, if only a port can carry it; it then has no bytes. */
  cloned?: PortValue | undefined;
  flows?: FlowTerms | undefined;
}

/** Results that only a port can carry, by wire id. */
export type ResultsBody = ReadonlyMap<number, PortValue>;

/** A request of one side to the other. */
export interface RequestMessage {
  /** A key of the requesting side's table in wire/topics.ts. */
  readonly topic: string;
  readonly asked: unknown;
}
