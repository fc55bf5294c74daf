import { hostNowMs } from '../base/clock.js';
import type { WorkerBoard } from '../wire/claim-board.js';
import { HANDLER_MASK, IDEMPOTENT, TASK_WORDS } from '../wire/frame.js';
import { STATUS } from '../wire/record.js';
import { callHandler } from './call-handler.js';
import type { CallLengths } from './call-lengths.js';
import type { Claimer } from './claimer.js';
import { inCleanContext } from './clean-context.js';
import { Invocation } from './invocation.js';
import type { PendingInputs } from './pending-inputs.js';
import { promiseOf } from './promised.js';
import type { ResultBatch } from './result-batch.js';
import { RunningTask, type WorkerScope } from './running-task.js';
import type { Settlement } from './settlement.js';
import { CallSampler, type TaskUse } from './task-use.js';
import type { LoadedModule } from './worker-module.js';

/** Stands for the input of a row that was answered without a call. */
const REFUSED = Symbol('refused');

export interface InvokerParts {
  module: LoadedModule;
  scope: WorkerScope;
  board: Pick<WorkerBoard, 'noteDecoding'> | undefined;
  claimer: Claimer | undefined;
  /** Length from which inputs are decoded before their task is claimed; see wire/claim-board.ts. */
  heavyBytes: number;
  /** The next three are by handler. */
  mostRows: readonly number[];
  lengths: readonly CallLengths[];
  uses: readonly TaskUse[];
  batch: ResultBatch;
  settlement: Settlement;
  /** Invocations whose calls are over. */
  spare: Invocation[];
}

/**
 * Calls handlers: one invocation takes one row, or several of one handler. Its rows are claimed and start together, and each
 * settles by itself.
 *
 * A handler of one row gets its input and its context, and its return value is the result. A handler of several rows (mostRows)
 * gets a list of inputs and one of contexts, in their order. It returns a list of as many results. A promise in it settles
 * its row alone, so one row may fail or take longer than the others. An exception of the call fails all of its rows.
 */
export class Invoker {
  readonly #parts: InvokerParts;
  readonly #sampler = new CallSampler();

  // Fields: each is read for every row, and a field costs less than the property of a property.
  readonly #handlers: LoadedModule['handlers'];
  readonly #scope: WorkerScope;
  readonly #claimer: Claimer | undefined;
  readonly #heavyBytes: number;
  readonly #mostRows: readonly number[];
  readonly #lengths: readonly CallLengths[];
  readonly #uses: readonly TaskUse[];
  readonly #batch: ResultBatch;
  readonly #settlement: Settlement;
  readonly #spare: Invocation[];
  /** Serves the next call. Only a call that waits keeps it. */
  #next = new Invocation();

  constructor(parts: InvokerParts) {
    this.#parts = parts;
    this.#handlers = parts.module.handlers;
    this.#scope = parts.scope;
    this.#claimer = parts.claimer;
    this.#heavyBytes = parts.heavyBytes;
    this.#mostRows = parts.mostRows;
    this.#lengths = parts.lengths;
    this.#uses = parts.uses;
    this.#batch = parts.batch;
    this.#settlement = parts.settlement;
    this.#spare = parts.spare;
  }

  /** Calls the handler of the next rows. Returns the time afterwards, at which the next step starts. */
  start(inputs: PendingInputs, rows: number, since: number): number {
    const call = this.#next;
    const { meta } = inputs.frame;
    call.times.startedAt = since;
    for (let left = rows; left > 0; left--) {
      inputs.next();
      const at = inputs.row * TASK_WORDS;
      const input = this.#read(call, inputs, at, left);
      if (input === REFUSED) continue;
      const id = meta[at] as number;
      const word = meta[at + 1] as number;
      const index = word & HANDLER_MASK;
      const [name] = this.#handlers[index] as LoadedModule['handlers'][number];
      const taskId = (meta[at + 2] ?? 0) + (meta[at + 3] ?? 0) * 2 ** 32;
      const task = new RunningTask(this.#scope, id, name, taskId, word >>> 16, inputs.extras);
      call.add(id, (word & IDEMPOTENT) === 0);
      // Young objects in lists cost the collector some 20 ns each, so one row goes on without lists.
      if (this.#mostRows[index] === 1) return this.#call(call, index, input, task);
      call.handler = index;
      call.keep(input, task);
    }
    if (call.rows > 0) return this.#call(call, call.handler, call.inputs, call.tasks.slice());
    return call.times.startedAt;
  }

  /** Claims one row and reads its input; REFUSED if it was answered instead. @param rows left, this one included */
  #read(call: Invocation, inputs: PendingInputs, at: number, rows: number): unknown {
    const { frame, row } = inputs;
    const { times } = call;
    const id = frame.meta[at] ?? 0;
    // Read after a result was written to the log: that write is no part of this task. The claimer needs the time, too.
    if (((frame.meta[at + 1] ?? 0) & IDEMPOTENT) === 0) times.startedAt = hostNowMs();
    times.receivedAt = frame.receivedAt;
    times.decodedAt = times.startedAt;
    try {
      const { extras } = inputs;
      if (inputs.bytes >= this.#heavyBytes || extras?.views !== undefined || extras?.whole !== undefined) {
        // Decoding may take long, or exhaust memory. It is no start of the handler, so it comes before the claim.
        if (this.#parts.board?.noteDecoding(id) === false)
          return this.#refuse(call, inputs, id, STATUS.revoked, undefined);
        const input = inputs.take();
        times.decodedAt = times.startedAt = hostNowMs();
        const isFree = this.#claimer?.claim(frame, row, times.startedAt, rows) !== false;
        return isFree ? input : this.#refuse(call, inputs, id, STATUS.revoked, undefined);
      }
      if (this.#claimer?.claim(frame, row, times.startedAt, rows) !== false) return inputs.take();
    } catch (error) {
      return this.#refuse(call, inputs, id, STATUS.inputUnread, { reason: `it cannot be read again: ${text(error)}` });
    }
    return this.#refuse(call, inputs, id, STATUS.revoked, undefined);
  }

  /** Answers a row whose handler is not called. */
  #refuse(call: Invocation, inputs: PendingInputs, id: number, status: number, note: unknown): typeof REFUSED {
    inputs.drop();
    call.times.endedAt = call.times.startedAt;
    this.#batch.add(id, status, note, true, call.times);
    return REFUSED;
  }

  /** @param input that of a row, or a list of those of several @param context likewise */
  #call(call: Invocation, index: number, input: unknown, context: RunningTask | readonly RunningTask[]): number {
    const [, handler] = this.#handlers[index] as LoadedModule['handlers'][number];
    const lengths = this.#lengths[index] as CallLengths;
    const use = this.#uses[index] as TaskUse;
    const now = call.times.startedAt;
    call.handler = index;
    // While a handler runs, the parent finds results of the log within milliseconds, but no others.
    if (!lengths.areVeryShort) this.#batch.sendLoose();
    let result: unknown;
    let promise: Promise<unknown> | undefined;
    this.#sampler.begin(now);
    try {
      result = inCleanContext(callHandler, handler, input, context);
      promise = promiseOf(result);
    } catch (error) {
      return this.#onThrown(call, error, now);
    }
    const endedAt = hostNowMs();
    const tookMs = endedAt - now;
    this.#sampler.end(use, tookMs);
    lengths.note(tookMs / call.rows, promise === undefined);
    call.isToLog ||= this.#logsAll(lengths);
    if (promise !== undefined) {
      this.#next = this.#spare.pop() ?? new Invocation();
      this.#settlement.await(call, promise, context, endedAt);
      return endedAt;
    }
    use.ran(tookMs);
    if (this.#mostRows[index] === 1) this.#settlement.settleRow(call, 0, STATUS.ok, result, endedAt);
    else this.#settlement.settleList(call, result, endedAt);
    if (call.unsettled === 0) call.clear();
    else this.#next = this.#spare.pop() ?? new Invocation();
    return endedAt;
  }

  #onThrown(call: Invocation, error: unknown, now: number): number {
    const lengths = this.#lengths[call.handler] as CallLengths;
    const use = this.#uses[call.handler] as TaskUse;
    const failedAt = hostNowMs();
    this.#sampler.end(use, failedAt - now);
    use.ran(failedAt - now);
    call.isToLog ||= this.#logsAll(lengths);
    this.#settlement.fail(call, error, failedAt);
    call.clear();
    return failedAt;
  }

  /**
   * Whether the log takes results of a handler even if they need not outlive this worker. A write costs little beside a call that is
   * not very short. The next such call would delay the result. A write to a thread's log costs less than a copy by the port.
   */
  #logsAll(lengths: CallLengths): boolean {
    return this.#batch.hasMemoryLog || !lengths.areVeryShort;
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
