import type { TransferListItem } from 'node:worker_threads';
import type { Clock } from '../../src/base/clock.js';
import type { Refusal } from '../../src/contract/errors.js';
import type { ResolvedOptions } from '../../src/contract/resolve-options.js';
import type { Transport, TransportExit, WorkerSpec } from '../../src/transport/transport.js';
import { errorToWire } from '../../src/wire/error-wire.js';
import {
  FRAME,
  HANDLER_MASK,
  RESULT_WORDS,
  STATUS,
  TASK_WORDS,
  type CancelMessage,
  type Frame,
  type FrameChannel,
  type FrameKind,
  type Rows,
  type TaskExtras,
  type TasksBody,
} from '../../src/wire/frame.js';
import { TEST_ID } from '../../src/wire/claim-board.js';

/** A frame the parent sent. */
export interface Sent {
  kind: FrameKind;
  body: unknown;
  meta: Uint32Array;
  values: unknown[];
}

/** One row of a tasks frame, as the worker would read it. */
export interface SentTask {
  wireId: number;
  name: string;
  attempt: number;
  taskId: number;
  input: unknown;
  extras: TaskExtras | undefined;
}

/** One row of a results frame to be. */
export interface Reply {
  wireId: number;
  status?: number;
  value?: unknown;
  startedAt?: number;
  endedAt?: number;
}

const NO_ROWS: Rows = { meta: new Uint32Array(0), values: [] };

class ScriptedChannel implements FrameChannel {
  onFrame: (frame: Frame) => void = () => {};
  onFault: (error: Error) => void = () => {};
  onClose: () => void = () => {};
  readonly sent: Sent[] = [];
  /** Most tasks one frame carries; more are refused, as frames too large are. */
  maxTasks = Infinity;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  send(kind: FrameKind, body: unknown, { meta, values, transfer }: Rows = NO_ROWS): number {
    if (meta.length / TASK_WORDS > this.maxTasks) throw new RangeError('too many bytes');
    const sent = structuredClone({ kind, body, values }, { transfer: transfer as TransferListItem[] });
    this.sent.push({ ...sent, values: [...sent.values], meta: meta.slice() });
    return this.#clock.now();
  }

  refusal(value: unknown): Refusal | undefined {
    try {
      structuredClone(value);
      return undefined;
    } catch (error) {
      return { reason: (error as Error).message };
    }
  }

  carries(value: unknown): boolean {
    return this.refusal(value) === undefined;
  }

  flushed(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {}
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
  kills = 0;
  isReleased = false;
  /** What the parent threw while it read a frame. */
  readonly faults: Error[] = [];
  readonly #clock: Clock;
  readonly wantsGuard = false;
  readonly hasArena = false;
  readonly #started = new Map<number, number>();
  /** What the parent has revoked, in order, when it had not begun. */
  readonly takenBack: number[] = [];
  readonly board = {
    startedAt: (wireId: number): number | undefined => this.#started.get(wireId),
    revoke: (wireId: number): boolean => {
      if (this.#started.has(wireId)) return false;
      if (wireId !== TEST_ID) this.takenBack.push(wireId);
      return true;
    },
    section: () => '',
  };
  #handlers: readonly string[] = [];
  #read = 0;

  constructor(spec: WorkerSpec, clock: Clock) {
    this.spec = spec;
    this.pid = 1000 + spec.workerId;
    this.#clock = clock;
    this.channel = new ScriptedChannel(clock);
  }

  /** The time of the test's clock. */
  get now(): number {
    return this.#clock.now();
  }

  stack(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  kill(): void {
    this.kills++;
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

  say(kind: FrameKind, body?: unknown, rows: Partial<Pick<Frame, 'meta' | 'values' | 'baseMs' | 'unread'>> = {}): void {
    const now = this.#clock.now();
    const none = { meta: new Uint32Array(0), values: [], baseMs: 0, unread: undefined };
    try {
      this.channel.onFrame({ kind, body, ...none, ...rows, sentAt: now, receivedAt: now, decodedAt: now });
    } catch (error) {
      this.faults.push(error as Error);
      this.channel.onFault(error as Error);
    }
  }

  /** Loads, warms up and becomes ready. */
  becomeReady(handlers: readonly string[] = ['work']): void {
    this.#handlers = handlers;
    this.say(FRAME.warming);
    this.#started.set(TEST_ID, this.#clock.now());
    this.say(FRAME.ready, { handlers, seesBoard: true });
  }

  /** Notes on the claim board that these tasks begin now. */
  begin(...tasks: { wireId: number }[]): void {
    for (const { wireId } of tasks) this.#started.set(wireId, this.#clock.now());
  }

  /** One frame with these results. */
  reply(...replies: Reply[]): void {
    const now = this.#clock.now();
    const meta = new Uint32Array(replies.length * RESULT_WORDS);
    const times = new Float32Array(meta.buffer);
    for (const [row, { wireId, status = STATUS.ok, startedAt = now, endedAt = now }] of replies.entries()) {
      const at = row * RESULT_WORDS;
      meta.set([wireId, status], at);
      times.set([0, 0, startedAt - now, endedAt - now], at + 2);
    }
    // Where a result is not ok, what it says stands in the body.
    const values = replies.map(({ status = STATUS.ok, value }) => (status === STATUS.ok ? value : undefined));
    const more = new Map(replies.map(({ value }, row) => [row, value]));
    this.say(FRAME.results, more, { meta, values, baseMs: now });
  }

  replyError(task: { wireId: number }, error: unknown): void {
    this.reply({ wireId: task.wireId, status: STATUS.error, value: errorToWire(error, () => true) });
  }

  exit(exit: Partial<TransportExit> = {}): void {
    this.onExit({ code: 1, signal: null, stderrTail: '', outOfMemory: undefined, lastSection: '', ...exit });
  }

  #tasksOf({ body, meta, values }: Sent): SentTask[] {
    const extras = body as TasksBody;
    return values.map((input, row) => {
      const at = row * TASK_WORDS;
      const [wireId = 0, word = 0, low = 0, high = 0] = meta.subarray(at, at + TASK_WORDS);
      const name = this.#handlers[word & HANDLER_MASK] ?? '';
      return { wireId, name, attempt: word >>> 16, taskId: low + high * 2 ** 32, input, extras: extras?.get(row) };
    });
  }
}

export function specOf(options: ResolvedOptions, workerId = 1): WorkerSpec {
  const concurrency = options.concurrency.min;
  return { workerId, moduleUrl: 'file:///app/worker.js', concurrency, heapLimitMb: undefined, options };
}
