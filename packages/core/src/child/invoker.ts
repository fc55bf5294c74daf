import { hostNowMs } from '../base/clock.js';
import { messageOf as text } from '../base/message-of.js';
import { saysFull } from '../contract/resolve-batch.js';
import type { WorkerBoard } from '../wire/claim-board.js';
import { attemptOf, HANDLER_MASK, IDEMPOTENT, TASK_WORDS, taskIdAt } from '../wire/frame.js';
import { STATUS } from '../wire/record.js';
import { BatchItem } from './batch-item.js';
import type { CallLengths } from './call-lengths.js';
import type { Claimer } from './claimer.js';
import { inCleanContext } from './clean-context.js';
import { Invocation } from './invocation.js';
import type { PendingInputs } from './pending-inputs.js';
import type { ProfileSwitch } from './profile/task-hooks.js';
import { promiseOf } from './promised.js';
import type { ResultBatch } from './result-batch.js';
import { RunningTask, type WorkerScope } from './running-task.js';
import type { Settlement } from './settlement.js';
import { CallSampler, type TaskUse } from './task-use.js';
import type { LoadedHandler, LoadedModule } from './worker-module.js';

/** Stands for the input of a row that was answered without a call. */
const REFUSED = Symbol('refused');
const NO_FLOWS = { reason: 'its handler takes several inputs at once: it has no streams and no messages.' };

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
  profiling?: ProfileSwitch | undefined;
  /** Invocations whose calls are over. */
  spare: Invocation[];
}

/**
 * Calls handlers: one invocation takes one or more rows of one handler. They are claimed and start together, and settle one by one.
 *
 * A handler of one row gets its input and its context, and its return value is the result. A handler of lists (mostRows above 1)
 * gets a list of inputs and one of contexts. A single row is a list of one. It returns a list of as many results. A promise in it
 * settles its row alone, so one row may take longer than others. An Error in it rejects its row alone, and an exception all rows.
 */
export class Invoker {
  readonly #parts: InvokerParts;
  readonly #sampler: CallSampler;

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
  /** Whether a call with these inputs takes no more, by handler. */
  readonly #fullness: readonly (((inputs: unknown[]) => boolean) | undefined)[];
  /** Serves the next call. Only a call that waits keeps it. */
  #next = new Invocation();

  constructor(parts: InvokerParts) {
    this.#parts = parts;
    this.#sampler = new CallSampler(parts.profiling);
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
    this.#fullness = parts.module.handlers.map(([name]) => fullness(name, parts.module));
  }

  /** Calls the handler of the next rows. Returns the time afterwards, at which the next step starts. */
  start(inputs: PendingInputs, rows: number, since: number): number {
    const call = this.#next;
    const { meta } = inputs.frame;
    call.times.startedAt = since;
    const word = meta[(inputs.row + 1) * TASK_WORDS + 1] as number;
    const index = word & HANDLER_MASK;
    if (this.#mostRows[index] !== 1) return this.#startList(call, inputs, rows, index);
    inputs.next();
    const at = inputs.row * TASK_WORDS;
    const terms = inputs.extras?.flows;
    const input = this.#read(call, inputs, at);
    if (input === REFUSED) return call.times.startedAt;
    const id = meta[at] as number;
    const [name] = this.#handlers[index] as LoadedModule['handlers'][number];
    const task = new RunningTask(this.#scope, id, name, taskIdAt(meta, at), attemptOf(word), inputs.extras);
    call.add(id, (word & IDEMPOTENT) === 0);
    // Only such a task can send anything before its result.
    if (inputs.extras !== undefined) call.tasks.push(task);
    if (terms === undefined) return this.#call(call, index, input, task);
    const flows = this.#scope.flows.open(id, name, terms);
    return this.#call(call, index, flows.inputOf(input), task, flows.handlerOf(this.#handlerAt(index)));
  }

  /**
   * Calls a handler that takes lists. Its inputs are decoded before their claims, since their rows start together. So a row whose
   * input ends the worker is the only one to blame. A full call leaves the rest of the rows.
   */
  #startList(call: Invocation, inputs: PendingInputs, rows: number, index: number): number {
    const { frame } = inputs;
    const { meta } = frame;
    const { times } = call;
    const first = inputs.row + 1;
    const [name] = this.#handlers[index] as LoadedModule['handlers'][number];
    const isFull = this.#fullness[index];
    const read: unknown[] = [];
    const items: BatchItem[] = [];
    /** What the user's function sees: each input once. */
    const own: unknown[] = [];
    let failure: { readonly error: unknown } | undefined;
    times.receivedAt = frame.receivedAt;
    const beginMs = hostNowMs();
    while (read.length < rows && failure === undefined) {
      inputs.next();
      const at = inputs.row * TASK_WORDS;
      read.push(this.#decode(call, inputs, meta[at] as number, read));
      const taskId = taskIdAt(meta, at);
      const attempt = attemptOf(meta[at + 1] as number);
      items.push(new BatchItem(this.#scope, meta[at] as number, name, taskId, attempt, inputs.extras, inputs.row));
      if (isFull === undefined || inputs.extras?.sameAs !== undefined || read.at(-1) === REFUSED) continue;
      own.push(read.at(-1));
      try {
        if (isFull(own)) break;
      } catch (error) {
        failure = { error };
      }
    }
    times.startedAt = hostNowMs();
    times.decodedAt = times.receivedAt + times.startedAt - beginMs;
    for (const [offset, input] of read.entries()) {
      if (input === REFUSED) continue;
      const id = meta[(first + offset) * TASK_WORDS] as number;
      if (this.#claimer?.claim(frame, first + offset, times.startedAt, read.length - offset) === false) {
        this.#answer(call, id, STATUS.revoked, undefined);
        continue;
      }
      call.add(id, ((meta[(first + offset) * TASK_WORDS + 1] as number) & IDEMPOTENT) === 0);
      call.keep(input, items[offset] as BatchItem);
    }
    call.handler = index;
    if (call.rows === 0) return times.startedAt;
    if (failure !== undefined) {
      this.#settlement.fail(call, failure.error, times.startedAt);
      call.clear();
      return times.startedAt;
    }
    return this.#call(call, index, call.inputs, call.tasks.slice());
  }

  /**
   * Decodes the input of a row that is not claimed yet; REFUSED if it was answered instead. A row may share the input of one that
   * is not in this call. It then goes back to the parent, which sends it with its own.
   * @param read inputs of the rows before it
   */
  #decode(call: Invocation, inputs: PendingInputs, id: number, read: readonly unknown[]): unknown {
    if (inputs.extras?.flows !== undefined) return this.#refuse(call, inputs, id, STATUS.inputUnread, NO_FLOWS);
    const distance = inputs.extras?.sameAs;
    if (distance !== undefined) {
      const shared = distance > read.length ? REFUSED : read.at(-distance);
      if (shared === REFUSED) this.#answer(call, id, STATUS.revoked, undefined);
      return shared;
    }
    try {
      if (inputs.isHeavy(this.#heavyBytes) && this.#parts.board?.noteDecoding(id) === false)
        return this.#refuse(call, inputs, id, STATUS.revoked, undefined);
      return inputs.take();
    } catch (error) {
      return this.#refuse(call, inputs, id, STATUS.inputUnread, {
        reason: `it cannot be read again: ${text(error)}`,
      });
    }
  }

  /** Claims one row and reads its input; REFUSED if it was answered instead. */
  #read(call: Invocation, inputs: PendingInputs, at: number): unknown {
    const { frame, row } = inputs;
    const { times } = call;
    const id = frame.meta[at] ?? 0;
    // Read after a result was written to the log: that write is no part of this task. The claimer needs the time, too.
    if (((frame.meta[at + 1] ?? 0) & IDEMPOTENT) === 0) times.startedAt = hostNowMs();
    times.receivedAt = times.decodedAt = frame.receivedAt;
    try {
      if (inputs.isHeavy(this.#heavyBytes)) {
        // Decoding may take long, or exhaust memory. It is no start of the handler, so it comes before the claim.
        if (this.#parts.board?.noteDecoding(id) === false)
          return this.#refuse(call, inputs, id, STATUS.revoked, undefined);
        const input = inputs.take(true);
        times.startedAt = hostNowMs();
        times.decodedAt += inputs.tookMs;
        if (this.#claimer?.claim(frame, row, times.startedAt) !== false) return input;
      } else if (this.#claimer?.claim(frame, row, times.startedAt) !== false) {
        const input = inputs.take();
        // Only a profiler measures the decoding of a small input, which is no part of the handler's time.
        times.startedAt += inputs.tookMs;
        times.decodedAt += inputs.tookMs;
        return input;
      }
    } catch (error) {
      return this.#refuse(call, inputs, id, STATUS.inputUnread, {
        reason: `it cannot be read again: ${text(error)}`,
      });
    }
    return this.#refuse(call, inputs, id, STATUS.revoked, undefined);
  }

  /** Answers a row whose handler is not called. */
  #refuse(call: Invocation, inputs: PendingInputs, id: number, status: number, note: unknown): typeof REFUSED {
    inputs.drop();
    this.#answer(call, id, status, note);
    return REFUSED;
  }

  #answer(call: Invocation, id: number, status: number, note: unknown): void {
    call.times.endedAt = call.times.startedAt;
    this.#batch.add(id, status, note, true, call.times);
  }

  /** @param input that of a row, or a list of those of several @param context likewise */
  #call(
    call: Invocation,
    index: number,
    input: unknown,
    context: RunningTask | readonly RunningTask[],
    handler = this.#handlerAt(index),
  ): number {
    const lengths = this.#lengths[index] as CallLengths;
    const use = this.#uses[index] as TaskUse;
    const now = call.times.startedAt;
    call.handler = index;
    // While a handler runs, the parent finds results of the log within milliseconds, but no others.
    if (!lengths.areVeryShort) this.#batch.sendLoose();
    let result: unknown;
    let promise: Promise<unknown> | undefined;
    this.#sampler.begin(now, index);
    try {
      result = inCleanContext(this.#sampler.callerOf(index), handler, input, context);
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

  #handlerAt(index: number): LoadedHandler {
    return (this.#handlers[index] as LoadedModule['handlers'][number])[1];
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

  // Whether the log takes results of a handler even if they need not outlive this worker. A write costs little beside a call that is
  // not very short. The next such call would delay the result. A write to a thread's log costs less than a copy by the port.
  #logsAll(lengths: CallLengths): boolean {
    return this.#batch.hasMemoryLog || !lengths.areVeryShort;
  }
}

function fullness(name: string, { batches }: LoadedModule): ((inputs: unknown[]) => boolean) | undefined {
  const isFull = batches?.get(name)?.options.isFull as ((inputs: readonly unknown[]) => unknown) | undefined;
  return isFull && ((inputs) => saysFull(isFull, inputs, `batch.isFull of ${name}`));
}
