import { hostNowMs } from '../base/clock.js';
import type { WorkerBoard } from '../wire/claim-board.js';
import type { WireThrown } from '../wire/error-nodes.js';
import { errorFromWire, errorToWire } from '../wire/error-wire.js';
import { HANDLER_MASK, IDEMPOTENT, TASK_WORDS, type WorkerChannel } from '../wire/frame.js';
import { STATUS } from '../wire/record.js';
import type { CallLengths } from './call-lengths.js';
import { callHandler } from './call-handler.js';
import type { Claimer } from './claimer.js';
import { inCleanContext, outsideOfTasks } from './clean-context.js';
import { Invocation } from './invocation.js';
import type { PendingInputs } from './pending-inputs.js';
import { promiseOf, whenSettled } from './promised.js';
import type { ResultBatch } from './result-batch.js';
import { RunningTask, type WorkerScope } from './running-task.js';
import { CallSampler, type TaskUse } from './task-use.js';
import type { LoadedModule } from './worker-module.js';

export interface InvokerParts {
  channel: Pick<WorkerChannel, 'carries'>;
  module: LoadedModule;
  scope: WorkerScope;
  board: Pick<WorkerBoard, 'noteDecoding'> | undefined;
  claimer: Claimer | undefined;
  /** Inputs of this length and more are decoded before their task is claimed; see wire/claim-board.ts. */
  heavyBytes: number;
  /** These three by handler. */
  mostRows: readonly number[];
  lengths: readonly CallLengths[];
  uses: readonly TaskUse[];
  batch: ResultBatch;
  /** A call is over that was not when it returned. */
  ended(): void;
}

/**
 * Calls handlers: one invocation takes one row, or several of one handler. Its rows are claimed and start together, and each
 * settles by itself.
 *
 * A handler of one row gets its input and its context, and what it returns is the result. A handler of several (mostRows) gets
 * a list of inputs and one of contexts, in the order of the rows, and returns as many results. One that is a promise settles
 * its row alone, so one row may fail or take longer than the others. What the call throws fails all of its rows.
 */
export class Invoker {
  readonly #parts: InvokerParts;
  readonly #sampler = new CallSampler();
  /** By wire id: rows of calls that have returned and wait. */
  readonly #waiting = new Map<number, RunningTask>();
  #calls = 0;
  /** Invocations that serve no call. */
  readonly #spare: Invocation[] = [];

  constructor(parts: InvokerParts) {
    this.#parts = parts;
  }

  /** Calls that have returned and are not over. */
  get calls(): number {
    return this.#calls;
  }

  /** Aborts the signal of a task that waits. */
  cancel(id: number, reason: WireThrown): void {
    this.#waiting.get(id)?.abort(errorFromWire(reason));
  }

  /** Calls the handler of the next rows. Returns the time afterwards, which is the start of what follows. */
  start(inputs: PendingInputs, rows: number, since: number): number {
    const call = this.#spare.pop() ?? new Invocation();
    let now = since;
    for (let left = rows; left > 0; left--) {
      inputs.next();
      now = this.#open(call, inputs, left, now);
    }
    if (call.rows > 0) return this.#call(call, now);
    this.#spare.push(call);
    return now;
  }

  /** Claims one row and reads its input. Either it joins the call, or it is answered at once. @param rows left, this one included */
  #open(call: Invocation, inputs: PendingInputs, rows: number, since: number): number {
    const { frame, row, extras } = inputs;
    const { meta } = frame;
    const { module, scope, board, claimer, heavyBytes } = this.#parts;
    const { times } = call;
    const at = row * TASK_WORDS;
    const id = meta[at] ?? 0;
    const word = meta[at + 1] ?? 0;
    const isLasting = (word & IDEMPOTENT) === 0;
    // Behind a result that was written to the log: what the write took is no part of this task. The claimer needs the time, too.
    let now = isLasting ? hostNowMs() : since;
    times.receivedAt = frame.receivedAt;
    times.decodedAt = times.startedAt = now;
    let input: unknown;
    const isHeavy = inputs.bytes >= heavyBytes || extras?.views !== undefined || extras?.whole !== undefined;
    try {
      // To decode it may take long, or more memory than there is. It is no start of the handler, so it comes before the claim.
      if (isHeavy) {
        if (board?.noteDecoding(id) === false) return this.#refuse(call, id, STATUS.revoked, undefined, now);
        input = inputs.take();
        now = times.decodedAt = times.startedAt = hostNowMs();
      }
      if (claimer?.claim(frame, row, now, rows) === false) {
        return this.#refuse(call, id, STATUS.revoked, undefined, now);
      }
      if (!isHeavy) input = inputs.take();
    } catch (error) {
      return this.#refuse(call, id, STATUS.inputUnread, { reason: `it cannot be read again: ${text(error)}` }, now);
    }
    call.handler = word & HANDLER_MASK;
    call.isToLog ||= isLasting;
    const [name] = module.handlers[call.handler] as LoadedModule['handlers'][number];
    const taskId = (meta[at + 2] ?? 0) + (meta[at + 3] ?? 0) * 2 ** 32;
    call.add(id, input, new RunningTask(scope, id, name, taskId, word >>> 16, extras));
    return now;
  }

  /** Answers a row whose handler is not called. */
  #refuse(call: Invocation, id: number, status: number, note: unknown, now: number): number {
    call.times.endedAt = now;
    this.#parts.batch.add(id, status, note, true, call.times);
    return now;
  }

  #call(call: Invocation, now: number): number {
    const { module, batch, mostRows } = this.#parts;
    const [, handler] = module.handlers[call.handler] as LoadedModule['handlers'][number];
    const lengths = this.#parts.lengths[call.handler] as CallLengths;
    const use = this.#parts.uses[call.handler] as TaskUse;
    // While a handler runs, the parent finds what the log has within milliseconds; of the rest it hears nothing.
    if (!lengths.areVeryShort) batch.sendLoose();
    let result: unknown;
    let promise: Promise<unknown> | undefined;
    this.#sampler.begin(now);
    try {
      if (mostRows[call.handler] === 1) result = inCleanContext(callHandler, handler, call.input(0), call.task(0));
      else result = inCleanContext(callHandler, handler, call.inputs(), call.tasks());
      promise = promiseOf(result);
    } catch (error) {
      const failedAt = hostNowMs();
      this.#sampler.end(use, failedAt - now);
      use.ran(failedAt - now);
      call.isToLog ||= this.#logsAll(lengths);
      this.#fail(call, error, failedAt);
      this.#release(call);
      return failedAt;
    }
    const endedAt = hostNowMs();
    this.#sampler.end(use, endedAt - now);
    lengths.note((endedAt - now) / call.rows, promise === undefined);
    call.isToLog ||= this.#logsAll(lengths);
    if (promise === undefined) {
      use.ran(endedAt - now);
      // Some of several rows may wait.
      if (mostRows[call.handler] !== 1) this.#wait(call, endedAt);
      this.#settle(call, result, endedAt);
      if (call.unsettled === 0) this.#release(call);
      else use.waits(endedAt, endedAt);
      return endedAt;
    }
    this.#wait(call, now);
    use.waits(now, endedAt);
    for (let row = 0; row < call.rows; row++) this.#waiting.set(call.id(row), call.task(row));
    whenSettled(
      promise,
      (value) => this.#onSettled(call, value, false),
      (error) => this.#onSettled(call, error, true),
    );
    return endedAt;
  }

  /** The handler has returned, and the call is not over. */
  #wait(call: Invocation, now: number): void {
    call.isWaiting = true;
    call.waitsSince = now;
    this.#calls++;
  }

  /** The promise of a call has settled. */
  #onSettled(call: Invocation, value: unknown, isError: boolean): void {
    outsideOfTasks(() => {
      const use = this.#parts.uses[call.handler] as TaskUse;
      const now = hostNowMs();
      use.ended(call.waitsSince, now);
      if (isError) this.#fail(call, value, now);
      else this.#settle(call, value, now);
      if (call.unsettled === 0) {
        this.#end(call);
      } else {
        call.waitsSince = now;
        use.waits(now, now);
      }
    });
  }

  /** The promise of one of several rows has settled. */
  #onRowSettled(call: Invocation, row: number, status: number, value: unknown): void {
    outsideOfTasks(() => {
      const now = hostNowMs();
      if (call.unsettled === 1) (this.#parts.uses[call.handler] as TaskUse).ended(call.waitsSince, now);
      this.#settleRow(call, row, status, value, now);
      if (call.unsettled === 0) this.#end(call);
    });
  }

  /** Settles the rows with what their call has returned. */
  #settle(call: Invocation, result: unknown, now: number): void {
    if (this.#parts.mostRows[call.handler] === 1) {
      this.#settleRow(call, 0, STATUS.ok, result, now);
      return;
    }
    let results: readonly unknown[];
    try {
      results = listOf(result, call.rows);
    } catch (error) {
      this.#fail(call, error, now);
      return;
    }
    for (const [row, each] of results.entries()) this.#settleOneOf(call, row, each, now);
  }

  #settleOneOf(call: Invocation, row: number, result: unknown, now: number): void {
    let promise: Promise<unknown> | undefined;
    try {
      promise = promiseOf(result);
    } catch (error) {
      this.#settleRow(call, row, STATUS.error, this.#encode(error), now);
      return;
    }
    if (promise === undefined) {
      this.#settleRow(call, row, STATUS.ok, result, now);
      return;
    }
    this.#waiting.set(call.id(row), call.task(row));
    whenSettled(
      promise,
      (value) => this.#onRowSettled(call, row, STATUS.ok, value),
      (error) => this.#onRowSettled(call, row, STATUS.error, this.#encode(error)),
    );
  }

  #fail(call: Invocation, error: unknown, now: number): void {
    const wire = this.#encode(error);
    for (let row = 0; row < call.rows; row++) this.#settleRow(call, row, STATUS.error, wire, now);
  }

  #settleRow(call: Invocation, row: number, status: number, value: unknown, now: number): void {
    const id = call.id(row);
    if (this.#waiting.size > 0) this.#waiting.delete(id);
    // Before the last result leaves: it may find this worker idle.
    if (--call.unsettled === 0 && call.isWaiting) this.#calls--;
    call.times.endedAt = now;
    this.#parts.batch.add(id, status, value, call.isToLog, call.times);
  }

  /** A call that has waited is over. */
  #end(call: Invocation): void {
    this.#release(call);
    this.#parts.ended();
  }

  #release(call: Invocation): void {
    call.clear();
    this.#spare.push(call);
  }

  /**
   * Whether the log takes results of a handler though they need not outlive this worker. A write is nothing beside a call that is
   * not very short, and the next such call would hold the result up. To a thread's log it is less than a copy by the port.
   */
  #logsAll(lengths: CallLengths): boolean {
    return this.#parts.batch.hasMemoryLog || !lengths.areVeryShort;
  }

  #encode(error: unknown): WireThrown {
    return errorToWire(error, (value) => this.#parts.channel.carries(value));
  }
}

/** What a handler of several rows has returned. A copy: to read it may throw. */
function listOf(result: unknown, rows: number): unknown[] {
  const isList = Array.isArray(result);
  if (isList && result.length === rows) return Array.from(result);
  const got = isList ? `${result.length} results` : `no list but ${typeof result}`;
  throw new TypeError(
    `A handler of several inputs returned ${got} for ${rows} inputs. Return a list with a result for each.`,
  );
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
