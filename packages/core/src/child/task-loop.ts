import { callHandler } from './call-handler.js';
import { hostNowMs } from '../base/clock.js';
import { errorFromWire, errorToWire, type WireThrown } from '../wire/error-wire.js';
import {
  CALM,
  HANDLER_MASK,
  STATUS,
  TASK_WORDS,
  type CancelMessage,
  type Frame,
  type FrameChannel,
  type TasksBody,
} from '../wire/frame.js';
import type { WorkerBoard } from '../wire/claim-board.js';
import { unreadReason } from '../wire/read-values.js';
import type { BusyPoll } from './busy-poll.js';
import { CallLengths } from './call-lengths.js';
import { Claimer } from './claimer.js';
import { ResultBatch } from './result-batch.js';
import { RunningTask, type WorkerScope } from './running-task.js';
import { CallSampler, type TaskUse } from './task-use.js';
import type { LoadedModule } from './worker-module.js';

/** Synchronous handlers run for this long before the event loop turns. */
const SLICE_MS = 1;
/**
 * A result waits for company for a quarter of the work that waits here, so that the parent can send more while there is still
 * some left: with the whole of it, a worker stood still between any two frames. For HOLD_MS at least, and MOST_HOLD_MS at
 * most, which takes 16 ms of work that waits here, as behind thousands of tasks: a frame costs both sides some 50 µs in all.
 */
const HOLD_SHARE = 0.25;
const HOLD_MS = 0.25;
const MOST_HOLD_MS = 4;
/** The result of a task that took longer than this does not wait. */
const LONG_MS = 1;
/** Weight of the newest call in the moving average. */
const NEWEST = 0.05;
/** Most results in one frame, so that the parent can work on the first while the rest are computed. */
const FLUSH_AFTER_RESULTS = 256;

/** A frame of tasks, worked off row by row. */
interface PendingFrame {
  frame: Frame;
  row: number;
}

/** What the loop needs from its surroundings. */
export interface LoopParts {
  channel: FrameChannel;
  module: LoadedModule;
  scope: WorkerScope;
  board: WorkerBoard;
  /** At first. */
  concurrency: number;
  poll: BusyPoll;
  /** By handler. */
  uses: readonly TaskUse[];
  /** Called when results are about to leave; `idle` when nothing is left to do. */
  beforeFlush(idle: boolean): void;
}

/**
 * Runs tasks in the order they came, at most `concurrency` at once, and sends their results in batches.
 *
 * Synchronous handlers run one after another in one turn of the event loop, for SLICE_MS at a time; between such
 * slices the loop turns, so that a cancellation or a timer of the handler gets its chance.
 */
export class TaskLoop {
  readonly #parts: LoopParts;
  readonly #sampler = new CallSampler();
  readonly #batch: ResultBatch;
  /** By handler. */
  readonly #lengths: CallLengths[];
  readonly #claimer: Claimer;
  #concurrency: number;
  readonly #frames: PendingFrame[] = [];
  readonly #running = new Map<number, RunningTask>();
  /** Whether the last frame had one task only, and nobody else has one. */
  #isCalm = false;
  #isTurnDue = false;
  #insideRun = false;
  #batchSince = 0;
  /** Rows that have not been started. */
  #unstarted = 0;
  /** Time in a handler until it returns: a moving average, ms. */
  #meanMs = 0;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#concurrency = parts.concurrency;
    this.#batch = new ResultBatch(parts.channel);
    this.#lengths = parts.module.handlers.map(() => new CallLengths());
    this.#claimer = new Claimer(parts.board, this.#lengths, parts.concurrency);
  }

  /** Nothing waiting, nothing running. */
  get idle(): boolean {
    return this.#frames.length === 0 && this.#running.size === 0;
  }

  /** Whether a handler runs. */
  get isHandling(): boolean {
    return this.#insideRun || this.#running.size > 0;
  }

  accept(frame: Frame): void {
    this.#frames.push({ frame, row: 0 });
    this.#unstarted += frame.meta.length / TASK_WORDS;
    this.#isCalm = frame.meta.length === TASK_WORDS && ((frame.meta[1] ?? 0) & CALM) !== 0;
    this.#parts.poll.wake(frame.receivedAt);
    if (this.#isCalm) this.#run();
    // First all that have arrived: how long results may wait depends on what there is to do. Running each frame at once, two
    // processes with 45 tasks of 150 µs in hand each saw no more than three of them, and answered for three at a time.
    else this.#runNextTurn();
  }

  /** So many tasks run at once from now on. */
  tune(concurrency: number): void {
    this.#concurrency = concurrency;
    this.#claimer.tune(concurrency);
    this.#runNextTurn();
  }

  /** Tells a running handler. A task that waits is taken back over the board, not by a message. */
  cancel({ id, reason }: CancelMessage): void {
    this.#running.get(id)?.abort(errorFromWire(reason as WireThrown));
  }

  flush(): void {
    if (this.#batch.size === 0) return;
    this.#parts.beforeFlush(this.idle);
    this.#batch.send();
    if (this.#isCalm && this.idle) this.#parts.poll.rest();
  }

  #run(): void {
    if (this.#insideRun) return;
    this.#insideRun = true;
    let now = hostNowMs();
    const sliceEnd = now + SLICE_MS;
    while (this.#running.size < this.#concurrency) {
      const pending = this.#frames[0];
      if (pending === undefined) break;
      if (now > sliceEnd) {
        this.#runNextTurn();
        break;
      }
      const { frame, row } = pending;
      pending.row++;
      this.#unstarted--;
      if (pending.row * TASK_WORDS >= frame.meta.length) this.#frames.shift();
      now = this.#start(frame, row, now);
    }
    this.#insideRun = false;
    if (this.#batch.size === 0) return;
    if (this.#isCalm && this.idle) this.flush();
    else this.#runNextTurn();
  }

  /** Calls the handler of one row. Returns the time afterwards, which is the next row's start. */
  #start(frame: Frame, row: number, now: number): number {
    const { meta, values: inputs } = frame;
    const at = row * TASK_WORDS;
    const id = meta[at] ?? 0;
    if (frame.unread !== undefined) {
      const reason = unreadReason(frame.unread, row);
      if (reason !== undefined) return this.#refuse(frame, id, row, reason, now);
    }
    if (!this.#claimer.claim(frame, row, now)) return this.#settle(frame, id, STATUS.neverStarted, undefined, now, now);
    const word = meta[at + 1] ?? 0;
    const index = word & HANDLER_MASK;
    const [name, handler] = this.#parts.module.handlers[index] as LoadedModule['handlers'][number];
    const taskId = (meta[at + 2] ?? 0) + (meta[at + 3] ?? 0) * 2 ** 32;
    const task = new RunningTask(this.#parts.scope, id, name, taskId, word >>> 16, (frame.body as TasksBody)?.get(row));
    const lengths = this.#lengths[index] as CallLengths;
    // Nobody hears of the results that are ready while a handler runs.
    if (lengths.mayBeLong) this.flush();
    const use = this.#parts.uses[index] as TaskUse;
    const input = inputs[row];
    // The frame lives until its last row is done; its inputs need not.
    inputs[row] = undefined;
    let result: unknown;
    let promise: Promise<unknown> | undefined;
    this.#sampler.begin(now);
    try {
      result = callHandler(handler, input, task);
      // Settled as await would: what only looks like a promise may throw, call back twice, or settle with another.
      promise = result instanceof Promise ? result : isThenable(result) ? Promise.resolve(result) : undefined;
    } catch (error) {
      const failedAt = hostNowMs();
      this.#sampler.end(use, failedAt - now);
      use.ran(failedAt - now);
      return this.#settle(frame, id, STATUS.error, this.#encode(error), now, failedAt);
    }
    const endedAt = hostNowMs();
    this.#sampler.end(use, endedAt - now);
    lengths.note(endedAt - now, promise === undefined);
    this.#meanMs += (endedAt - now - this.#meanMs) * NEWEST;
    if (promise === undefined) {
      use.ran(endedAt - now);
      return this.#settle(frame, id, STATUS.ok, result, now, endedAt);
    }
    use.waits(now, endedAt);
    this.#running.set(id, task);
    promise.then(
      (value) => this.#finish(frame, id, STATUS.ok, value, now, use),
      (error: unknown) => this.#finish(frame, id, STATUS.error, this.#encode(error), now, use),
    );
    return endedAt;
  }

  /** Answers for a task whose input cannot be read. It has not begun. */
  #refuse({ meta, unread, ...frame }: Frame, id: number, row: number, reason: string, now: number): number {
    const isToBlame = meta.length === TASK_WORDS || unread?.rows.has(row) === true;
    const status = isToBlame ? STATUS.inputUnread : STATUS.sendAlone;
    return this.#settle(frame, id, status, isToBlame ? { reason } : undefined, now, now);
  }

  /** The end of a handler that was waited for. */
  #finish(frame: Frame, id: number, status: number, value: unknown, startedAt: number, use: TaskUse): void {
    this.#running.delete(id);
    const endedAt = hostNowMs();
    use.ended(startedAt, endedAt);
    this.#settle(frame, id, status, value, startedAt, endedAt);
    this.#run();
  }

  #settle(
    frame: Pick<Frame, 'receivedAt' | 'decodedAt'>,
    id: number,
    status: number,
    value: unknown,
    startedAt: number,
    endedAt: number,
  ): number {
    if (this.#batch.size === 0) this.#batchSince = endedAt;
    this.#batch.add(id, status, value, frame.receivedAt, frame.decodedAt, startedAt, endedAt);
    const holdMs = this.#holdMs;
    const isLate = endedAt - startedAt > Math.min(holdMs, LONG_MS) || endedAt - this.#batchSince > holdMs;
    if (isLate || this.#batch.size >= FLUSH_AFTER_RESULTS) this.flush();
    return endedAt;
  }

  /** How long a result may wait for company. */
  get #holdMs(): number {
    return Math.min(Math.max(this.#unstarted * this.#meanMs * HOLD_SHARE, HOLD_MS), MOST_HOLD_MS);
  }

  /** Results may leave in the check phase of this turn: every frame that arrived in it has been taken in by then. */
  #runNextTurn(): void {
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    setImmediate(() => {
      this.#isTurnDue = false;
      this.#run();
      // Nothing more can run now: all of it is done, or as much as may runs and waits.
      const isStill = this.#unstarted === 0 || this.#running.size >= this.#concurrency;
      if (isStill || hostNowMs() - this.#batchSince > this.#holdMs) this.flush();
    });
  }

  #encode(error: unknown): WireThrown {
    return errorToWire(error, (value) => this.#parts.channel.carries(value));
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
