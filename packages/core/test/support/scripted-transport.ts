import type { Clock } from '../../src/base/clock.js';
import { PendingInputs } from '../../src/child/pending-inputs.js';
import { ResultWriter } from '../../src/child/result-writer.js';
import { openDecoder, openEncoder } from '../../src/codec/open-codec.js';
import type { ResolvedOptions } from '../../src/contract/resolved-options.js';
import type { TransferItem } from '../../src/contract/transfer-item.js';
import { type Transport, type TransportExit, UNHEARD, type WorkerSpec } from '../../src/transport/transport.js';
import { type Claim, type ParentBoard, TEST_ID } from '../../src/wire/claim-board.js';
import { errorToWire } from '../../src/wire/error-wire.js';
import {
  ATTEMPT_MASK,
  type Cargo,
  FRAME,
  type FrameKind,
  HANDLER_MASK,
  SAME_CALL,
  TASK_WORDS,
  type TasksFrame,
  type WorkerChannel,
} from '../../src/wire/frame.js';
import type { CancelMessage, ReadyMessage, RowExtras, TasksBody } from '../../src/wire/messages.js';
import { STATUS } from '../../src/wire/record.js';
import type { LogReader, LogWriter } from '../../src/wire/result-log.js';
import { LocalChannel, NO_CARGO } from './local-channel.js';

/** A frame the parent sent. */
export interface Sent {
  kind: FrameKind;
  body: unknown;
  meta: Uint32Array;
  values: Buffer;
}

/** One row of a tasks frame, as the worker would read it. */
export interface SentTask {
  wireId: number;
  name: string;
  attempt: number;
  /** Whether it belongs to the call of the task before it. */
  joins: boolean;
  taskId: number;
  input: unknown;
  extras: RowExtras | undefined;
}

/** One row of a results frame to be. */
export interface Reply {
  wireId: number;
  status?: number;
  value?: unknown;
  startedAt?: number;
  endedAt?: number;
  /** Whether it goes into the log; else only the next frame has it. */
  isLasting?: boolean;
  /** Whether the task has reported progress. */
  hasReported?: boolean;
}

class ScriptedChannel extends LocalChannel {
  readonly clones = true;
  readonly sent: Sent[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    super();
    this.#clock = clock;
  }

  send(kind: FrameKind, body: unknown, { meta, values = [], transfer }: Cargo = NO_CARGO): number {
    const sent = structuredClone({ kind, body }, { transfer: transfer as TransferItem[] });
    this.sent.push({ ...sent, values: Buffer.concat(values), meta: meta.slice() });
    return this.#clock.now();
  }
}

/** A log without a ring: what was appended and not read yet. */
function listedLog(): { reader: LogReader; writer: LogWriter } {
  const records: Buffer[] = [];
  const writer = {
    isMemory: true,
    position: 0,
    hasFree: () => true,
    append(bytes: Buffer, at: number, length: number): boolean {
      records.push(Buffer.from(bytes.subarray(at, at + length)));
      writer.position += length;
      return true;
    },
  };
  const reader = {
    position: 0,
    peek: () => records[0],
    advance(bytes: number): void {
      records.shift();
      reader.position += bytes;
    },
  };
  return { reader, writer };
}

/** What of the other side's doings a test decides: whether writes of the parent find room. */
interface Weather {
  /** The board takes no revocation: its file system is full. */
  isBoardFull: boolean;
  /** The board was wiped. */
  isBoardWiped: boolean;
}

/** A worker that exists only in the test: it remembers what it is sent and says what the test makes it say. */
export class ScriptedTransport implements Transport {
  readonly channel: ScriptedChannel;
  readonly sharedBoard = undefined;
  readonly isKillClean = true;
  readonly pid: number;
  readonly threadId = undefined;
  readonly spec: WorkerSpec;
  onExit: (exit: TransportExit) => void = () => {};
  output = UNHEARD;
  kills = 0;
  isReleased = false;
  /** What the parent threw while it read a frame. */
  readonly faults: Error[] = [];
  readonly #clock: Clock;
  readonly wantsGuard = false;
  readonly arena = undefined;
  readonly #claims = new Map<number, Claim>();
  /** What the parent has revoked, in order, when it had not begun. */
  readonly revoked: number[] = [];
  readonly weather: Weather = { isBoardFull: false, isBoardWiped: false };
  #decoding = 0;
  readonly board: ParentBoard = {
    claimOf: (wireId) => (this.weather.isBoardWiped ? undefined : this.#claims.get(wireId)),
    revoke: (wireId) => {
      if (this.weather.isBoardFull) return false;
      if (!this.#claims.has(wireId) && wireId !== TEST_ID) this.revoked.push(wireId);
      return true;
    },
    decoding: () => this.#decoding,
    section: () => '',
    isIntact: () => !this.weather.isBoardWiped,
  };
  readonly #log = listedLog();
  readonly log = this.#log.reader;
  readonly #results: ResultWriter;
  readonly #decoder = openDecoder('structured');
  #handlers: readonly string[] = [];
  #read = 0;

  constructor(spec: WorkerSpec, clock: Clock) {
    this.spec = spec;
    this.pid = 1000 + spec.workerId;
    this.#clock = clock;
    this.channel = new ScriptedChannel(clock);
    this.#results = new ResultWriter({
      channel: {
        ...this.channel,
        send: (kind: FrameKind, body: unknown, cargo?: Cargo) => this.#tell(kind, body, cargo),
      } as unknown as WorkerChannel,
      encoder: openEncoder('structured', Infinity),
      log: this.#log.writer,
      arena: undefined,
    });
  }

  /** The time of the test's clock. */
  get now(): number {
    return this.#clock.now();
  }

  measure(): void {}

  stack(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  kill(): void {
    this.kills++;
  }

  isOutputBlocked(): boolean {
    return false;
  }

  expectExit(): void {}

  release(): void {
    this.isReleased = true;
  }

  /** Frames of a kind that were sent so far. */
  sent(kind: FrameKind): Sent[] {
    return this.channel.sent.filter((frame) => frame.kind === kind);
  }

  /** Tasks that have arrived since the last call. */
  takeTasks(): SentTask[] {
    const frames = this.channel.sent.slice(this.#read).filter(({ kind }) => kind === FRAME.tasks);
    this.#read = this.channel.sent.length;
    return frames.flatMap((frame) => this.#tasksOf(frame));
  }

  /** Wire ids of the tasks that the parent has cancelled. */
  cancelled(): number[] {
    return this.sent(FRAME.cancel).map(({ body }) => (body as CancelMessage).id);
  }

  say(kind: FrameKind, body?: unknown, { meta = NO_CARGO.meta, values = [], beside = [] }: Partial<Cargo> = {}): void {
    const now = this.#clock.now();
    try {
      const bytes = Buffer.concat(values);
      this.channel.onFrame({ kind, body, meta, values: bytes, beside, sentAt: now, receivedAt: now });
    } catch (error) {
      this.faults.push(error as Error);
      this.channel.onFault(error as Error);
    }
  }

  /** Loads, warms up and becomes ready. */
  becomeReady(handlers: readonly string[] = ['work'], hasTeardown = false, batches?: ReadyMessage['batches']): void {
    this.#handlers = handlers;
    this.say(FRAME.warming);
    this.#claim(TEST_ID, TEST_ID);
    this.say(FRAME.ready, { handlers, batches, hasTeardown, seesBoard: true });
  }

  /** Notes on the claim board that these tasks begin now. */
  begin(...tasks: { wireId: number }[]): void {
    for (const { wireId } of tasks) this.#claim(wireId, wireId);
  }

  /** Claims these tasks, in slots that follow one another, as one run: the first of them begins now. */
  beginRun(...tasks: { wireId: number }[]): void {
    for (const { wireId } of tasks) this.#claim(wireId, tasks[0]?.wireId ?? 0);
  }

  /** Begins to decode the input of a task. */
  decode({ wireId }: { wireId: number }): void {
    this.#decoding = wireId;
  }

  /** These handlers have returned, and the worker has told of it by no frame yet. */
  finish(...replies: Reply[]): void {
    const now = this.#clock.now();
    for (const { wireId, status = STATUS.ok, value, startedAt = now, endedAt = now, ...reply } of replies) {
      const times = { receivedAt: now, decodedAt: now, startedAt, endedAt };
      this.#results.add(wireId, status, value, reply.isLasting ?? true, times, reply.hasReported);
    }
  }

  /** One frame with these results, and with those that it has not told of. */
  reply(...replies: Reply[]): void {
    this.finish(...replies);
    this.#results.send();
  }

  replyError(task: { wireId: number }, error: unknown): void {
    this.reply({ wireId: task.wireId, status: STATUS.error, value: errorToWire(error, true) });
  }

  exit(exit: Partial<TransportExit> = {}): void {
    this.onExit({ code: 1, signal: null, stderrTail: '', outOfMemory: undefined, lastSection: '', ...exit });
  }

  #claim(wireId: number, run: number): void {
    this.#claims.set(wireId, { run, atMs: this.#clock.now() });
  }

  #tell(kind: FrameKind, body: unknown, cargo: Cargo = NO_CARGO): number {
    this.say(kind, body, { ...cargo, values: cargo.values?.map((bytes) => Buffer.from(bytes)) });
    return this.#clock.now();
  }

  #tasksOf(sent: Sent): SentTask[] {
    const body = sent.body as TasksBody | undefined;
    const frame: TasksFrame = { ...sent, kind: FRAME.tasks, body, beside: [], sentAt: 0, receivedAt: 0 };
    const inputs = new PendingInputs(frame, this.#decoder, undefined);
    return Array.from({ length: inputs.rows }, () => {
      inputs.next();
      const at = inputs.row * TASK_WORDS;
      const [wireId = 0, word = 0, low = 0, high = 0] = sent.meta.subarray(at, at + TASK_WORDS);
      return {
        wireId,
        name: this.#handlers[word & HANDLER_MASK] ?? '',
        attempt: (word >>> 16) & ATTEMPT_MASK,
        joins: (word & SAME_CALL) !== 0,
        taskId: low + high * 2 ** 32,
        input: inputs.take(),
        extras: inputs.extras,
      };
    });
  }
}

export function specOf(options: ResolvedOptions, workerId = 1, workerData: unknown = undefined): WorkerSpec {
  const concurrency = options.concurrency.min;
  const startData = { workerData: { value: workerData }, warmup: [] };
  const moduleUrl = 'file:///app/worker.js';
  const start = { moduleUrl, concurrency, heapLimitMb: undefined, startData };
  return { workerId, slot: workerId, slotEnv: undefined, options, ...start };
}
