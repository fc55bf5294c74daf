import { hostNowMs } from '../base/clock.js';
import type { Arena } from '../codec/arena.js';
import type { ValueDecoder } from '../codec/value-codec.js';
import type { WorkerBoard } from '../wire/claim-board.js';
import { errorFromWire, errorToWire, type WireThrown } from '../wire/error-wire.js';
import {
  CALM,
  HANDLER_MASK,
  IDEMPOTENT,
  TASK_WORDS,
  type CancelMessage,
  type Frame,
  type FrameChannel,
  type TaskExtras,
} from '../wire/frame.js';
import { STATUS } from '../wire/record.js';
import type { BusyPoll } from './busy-poll.js';
import { callHandler } from './call-handler.js';
import { CallLengths } from './call-lengths.js';
import { Claimer } from './claimer.js';
import { inCleanContext, outsideOfTasks } from './clean-context.js';
import { promiseOf, whenSettled } from './promised.js';
import { PendingInputs } from './pending-inputs.js';
import type { ResultTimes, ResultWriter } from './result-writer.js';
import { RunningTask, type WorkerScope } from './running-task.js';
import { CallSampler, type TaskUse } from './task-use.js';
import { Turns } from './turns.js';
import type { LoadedModule } from './worker-module.js';

/**
 * A result waits for company as long as the work that is left here takes. So a frame leaves when half of what was here is done,
 * and the parent can send more while the other half runs. For HOLD_MS at least, and for MOST_HOLD_MS at most: a frame costs both
 * sides some 50 µs in all. With a quarter of that wait, frames of two busy processes held 80 results.
 */
const HOLD_MS = 0.25;
const MOST_HOLD_MS = 4;
/** The result of a task that took longer than this does not wait. */
const LONG_MS = 1;
/** Weight of the newest call in the moving average. */
const NEWEST = 0.05;
/** Most results in one frame, so that the parent can work on the first while the rest are computed. */
const FLUSH_AFTER_RESULTS = 256;

/** What the loop needs from its surroundings. */
export interface LoopParts {
  channel: FrameChannel;
  results: ResultWriter;
  decoder: ValueDecoder;
  arena: Arena | undefined;
  module: LoadedModule;
  scope: WorkerScope;
  /** Undefined where parent and worker share no memory: then every task sent has begun, as far as the parent knows. */
  board: WorkerBoard | undefined;
  /** At first. */
  concurrency: number;
  /** Inputs of this length and more are decoded before their task is claimed; see wire/claim-board.ts. */
  heavyBytes: number;
  poll: BusyPoll;
  /** By handler. */
  uses: readonly TaskUse[];
  /** Called when results are about to leave; `idle` when nothing is left to do. */
  beforeFlush(idle: boolean): void;
}

/**
 * Runs tasks in the order they came, at most `concurrency` at once, and hands their results on in batches.
 *
 * Handlers are called one after another in one turn of the event loop, in slices (turns.ts). Between these the loop turns, so that a
 * cancellation or a timer of the handler gets its chance.
 */
export class TaskLoop {
  readonly #parts: LoopParts;
  readonly #sampler = new CallSampler();
  readonly #results: ResultWriter;
  /** By handler. */
  readonly #lengths: CallLengths[];
  readonly #claimer: Claimer | undefined;
  #concurrency: number;
  readonly #frames: PendingInputs[] = [];
  readonly #running = new Map<number, RunningTask>();
  /** Whether the last frame had one task only, and no other is waiting. */
  #isCalm = false;
  #insideRun = false;
  #batchSince = 0;
  /** Rows that have not been started. */
  #unstarted = 0;
  /** From one row to the next, with all that it costs beside its handler: a moving average, ms. */
  #pitchMs = 0;
  /** Of the result being added. One for all: it is read at once. */
  readonly #times: ResultTimes = { receivedAt: 0, decodedAt: 0, startedAt: 0, endedAt: 0 };
  readonly #turns = new Turns({ turned: () => this.#onTurn(), reacted: () => this.#run() });

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#concurrency = parts.concurrency;
    this.#results = parts.results;
    this.#lengths = parts.module.handlers.map(() => new CallLengths());
    const { board, concurrency, heavyBytes } = parts;
    this.#claimer = board && new Claimer(board, this.#lengths, concurrency, heavyBytes);
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
    const inputs = new PendingInputs(frame, this.#parts.decoder, this.#parts.arena);
    this.#frames.push(inputs);
    this.#unstarted += inputs.rows;
    this.#isCalm = inputs.rows === 1 && ((frame.meta[1] ?? 0) & CALM) !== 0;
    this.#parts.poll.wake(frame.receivedAt);
    this.#turns.begin(frame.receivedAt);
    if (this.#isCalm) this.#run();
    // First all that have arrived: how long results may wait depends on what there is to do. Running each frame at once, two
    // processes with 45 tasks of 150 µs in hand each saw no more than three of them, and answered for three at a time.
    else this.#turns.next();
  }

  /** This number of tasks run at once from now on. */
  tune(concurrency: number): void {
    this.#concurrency = concurrency;
    this.#claimer?.tune(concurrency);
    // Side by side, the log does not tell any more which task of a run has begun.
    if (concurrency > 1) this.#withdrawRun();
    this.#turns.next();
  }

  /** Tells a running handler. A task that waits is taken back over the board, not by a message. */
  cancel({ id, reason }: CancelMessage): void {
    this.#running.get(id)?.abort(errorFromWire(reason as WireThrown));
  }

  flush(): void {
    if (this.#results.size === 0) return;
    this.#parts.beforeFlush(this.idle);
    this.#results.send();
    if (this.#isCalm && this.idle) this.#parts.poll.rest();
  }

  #onTurn(): void {
    this.#run();
    // Nothing more can run now: all of it is done, or as much as may runs and waits.
    const isStill = this.#unstarted === 0 || this.#running.size >= this.#concurrency;
    if (isStill || hostNowMs() - this.#batchSince > this.#holdMs) this.flush();
  }

  #run(): void {
    if (this.#insideRun || this.#turns.isReacting) return;
    this.#insideRun = true;
    let now = hostNowMs();
    while (this.#running.size < this.#concurrency) {
      const inputs = this.#frames[0];
      if (inputs === undefined) break;
      if (!this.#turns.mayCall(now, this.#running.size === 0)) break;
      inputs.next();
      this.#unstarted--;
      if (inputs.isLast) this.#frames.shift();
      const next = this.#start(inputs, now);
      this.#pitchMs += (next - now - this.#pitchMs) * NEWEST;
      now = next;
    }
    this.#insideRun = false;
    if (this.#results.size === 0) return;
    if (this.#isCalm && this.idle) this.flush();
    else this.#turns.next();
  }

  /** Calls the handler of one row. Returns the time afterwards, which is the next row's start. */
  #start(inputs: PendingInputs, since: number): number {
    const { frame, row } = inputs;
    const { meta } = frame;
    const at = row * TASK_WORDS;
    const id = meta[at] ?? 0;
    const word = meta[at + 1] ?? 0;
    const isLasting = (word & IDEMPOTENT) === 0;
    // Behind a result that was written to the log: what the write took is no part of this task. The claimer needs the time, too.
    let now = isLasting ? hostNowMs() : since;
    this.#times.receivedAt = frame.receivedAt;
    this.#times.decodedAt = this.#times.startedAt = now;
    let input: unknown;
    const { extras } = inputs;
    const isHeavy =
      inputs.bytes >= this.#parts.heavyBytes || extras?.views !== undefined || extras?.whole !== undefined;
    try {
      // To decode it may take long, or more memory than there is. It is no start of the handler, so it comes before the claim.
      if (isHeavy) {
        if (this.#parts.board?.noteDecoding(id) === false) {
          return this.#settle(id, STATUS.neverStarted, undefined, true, now);
        }
        input = inputs.take();
        now = this.#times.decodedAt = this.#times.startedAt = hostNowMs();
      }
      if (this.#claimer?.claim(frame, row, now) === false) {
        return this.#settle(id, STATUS.neverStarted, undefined, true, now);
      }
      if (!isHeavy) input = inputs.take();
    } catch (error) {
      return this.#settle(id, STATUS.inputUnread, { reason: `it cannot be read again: ${text(error)}` }, true, now);
    }
    return this.#call(extras, at, meta, input, isLasting, now);
  }

  #call(
    extras: TaskExtras | undefined,
    at: number,
    meta: Uint32Array,
    input: unknown,
    isLasting: boolean,
    now: number,
  ): number {
    const id = meta[at] ?? 0;
    const word = meta[at + 1] ?? 0;
    const index = word & HANDLER_MASK;
    const [name, handler] = this.#parts.module.handlers[index] as LoadedModule['handlers'][number];
    const taskId = (meta[at + 2] ?? 0) + (meta[at + 3] ?? 0) * 2 ** 32;
    const task = new RunningTask(this.#parts.scope, id, name, taskId, word >>> 16, extras);
    const lengths = this.#lengths[index] as CallLengths;
    // While a handler runs, the parent finds what the log has within milliseconds; of the rest it hears nothing.
    if (this.#results.isAnyLoose && this.#results.hasLog && !lengths.areVeryShort) this.flush();
    const use = this.#parts.uses[index] as TaskUse;
    let result: unknown;
    let promise: Promise<unknown> | undefined;
    this.#sampler.begin(now);
    try {
      result = inCleanContext(callHandler, handler, input, task);
      promise = promiseOf(result);
    } catch (error) {
      const failedAt = hostNowMs();
      this.#sampler.end(use, failedAt - now);
      use.ran(failedAt - now);
      return this.#settle(id, STATUS.error, this.#encode(error), isLasting || this.#logsAll(lengths), failedAt);
    }
    const endedAt = hostNowMs();
    this.#sampler.end(use, endedAt - now);
    lengths.note(endedAt - now, promise === undefined);
    const isToLog = isLasting || this.#logsAll(lengths);
    if (promise === undefined) {
      use.ran(endedAt - now);
      return this.#settle(id, STATUS.ok, result, isToLog, endedAt);
    }
    use.waits(now, endedAt);
    this.#running.set(id, task);
    const { receivedAt, decodedAt } = this.#times;
    const finish = (status: number, value: unknown): void =>
      outsideOfTasks(() => {
        this.#running.delete(id);
        this.#times.receivedAt = receivedAt;
        this.#times.decodedAt = decodedAt;
        this.#times.startedAt = now;
        const finishedAt = hostNowMs();
        use.ended(now, finishedAt);
        this.#settle(id, status, value, isToLog, finishedAt);
        this.#run();
      });
    whenSettled(
      promise,
      (value) => finish(STATUS.ok, value),
      (error) => finish(STATUS.error, this.#encode(error)),
    );
    return endedAt;
  }

  /** Adds a result whose other times stand in #times. */
  #settle(id: number, status: number, value: unknown, isToLog: boolean, endedAt: number): number {
    const hasReported = this.#parts.scope.progress.end(id);
    if (this.#results.size === 0) this.#batchSince = endedAt;
    this.#times.endedAt = endedAt;
    const isLogged = this.#results.add(id, status, value, isToLog, this.#times, hasReported);
    // What the log does not have tells the parent nothing of how far a run has come, and outlives this worker only once it has left.
    const hasNoRoom = isToLog && !isLogged;
    if (hasNoRoom) this.#withdrawRun();
    const holdMs = this.#holdMs;
    const isLate = endedAt - this.#times.startedAt > Math.min(holdMs, LONG_MS) || endedAt - this.#batchSince > holdMs;
    if (isLate || (hasNoRoom && this.#results.hasLog) || hasReported || this.#results.size >= FLUSH_AFTER_RESULTS)
      this.flush();
    return endedAt;
  }

  /**
   * Whether the log takes results of a handler though they need not outlive this worker. A write is nothing beside a call that is
   * not very short, and the next such call would hold the result up. To a thread's log it is less than a copy by the port.
   */
  #logsAll(lengths: CallLengths): boolean {
    return this.#results.hasMemoryLog || !lengths.areVeryShort;
  }

  /** What is left of a run that was claimed is claimed one by one. */
  #withdrawRun(): void {
    const next = this.#frames[0];
    if (next !== undefined) this.#claimer?.withdraw(next.frame, next.row + 1);
  }

  /** How long a result may wait for company. */
  get #holdMs(): number {
    return Math.min(Math.max(this.#unstarted * this.#pitchMs, HOLD_MS), MOST_HOLD_MS);
  }

  #encode(error: unknown): WireThrown {
    return errorToWire(error, (value) => this.#parts.channel.carries(value));
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
