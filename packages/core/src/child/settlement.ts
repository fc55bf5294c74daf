import { hostNowMs } from '../base/clock.js';
import { BatchFailure } from '../contract/batch-failure.js';
import type { CallFailure, WireThrown } from '../wire/error-nodes.js';
import { errorToWire, valueFromWire } from '../wire/error-wire.js';
import { ValueRefused } from '../wire/flow-value.js';
import type { WorkerChannel } from '../wire/frame.js';
import { STATUS } from '../wire/record.js';
import { outsideOfTasks } from './clean-context.js';
import type { Invocation } from './invocation.js';
import { type ProfileSwitch, UNPROFILED } from './profile/task-hooks.js';
import { promiseOf, whenSettled } from './promised.js';
import type { ResultBatch } from './result-batch.js';
import { RunningTask } from './running-task.js';
import type { TaskUse } from './task-use.js';
import { resultsOf, WrongResults } from './wrong-results.js';

export interface SettlementParts {
  channel: Pick<WorkerChannel, 'clones'>;
  /** These two are by handler. */
  mostRows: readonly number[];
  uses: readonly TaskUse[];
  batch: ResultBatch;
  profiling?: ProfileSwitch | undefined;
  /** Invocations whose calls are over: at most as many as ran at once. */
  spare: Invocation[];
  /** Called when a call is over that was not over at its return. */
  ended(): void;
}

/** Settles the rows of calls: at once with the handler's result, or when its promises are settled. */
export class Settlement {
  readonly #parts: SettlementParts;
  readonly #batch: ResultBatch;
  readonly #profiling: ProfileSwitch;
  /** Rows of calls that have returned and are not over, by wire id. */
  readonly #waiting = new Map<number, RunningTask>();
  #calls = 0;

  constructor(parts: SettlementParts) {
    this.#parts = parts;
    this.#batch = parts.batch;
    this.#profiling = parts.profiling ?? UNPROFILED;
  }

  /** Number of calls that have returned and are not over. */
  get calls(): number {
    return this.#calls;
  }

  /** Whether the call of a task has returned and is not over. */
  isWaiting(id: number): boolean {
    return this.#waiting.has(id);
  }

  /** Aborts the signal of a task that waits. */
  cancel(id: number, reason: WireThrown): void {
    this.#waiting.get(id)?.abort(valueFromWire(reason));
  }

  /** Settles the rows of a call when its promise is settled. */
  await(call: Invocation, promise: Promise<unknown>, context: RunningTask | readonly RunningTask[], now: number): void {
    const { startedAt } = call.times;
    (this.#parts.uses[call.handler] as TaskUse).waits(startedAt, now);
    this.#wait(call, startedAt);
    if (context instanceof RunningTask) this.#waiting.set(call.ids[0] as number, context);
    else for (const [row, task] of call.tasks.entries()) this.#waiting.set(call.ids[row] as number, task);
    whenSettled(
      promise,
      (value) => this.#onSettled(call, value, false),
      (error) => this.#onSettled(call, error, true),
    );
  }

  /** Settles the rows of a call that returned at once with a result for each. */
  settleList(call: Invocation, result: unknown, now: number): void {
    this.#wait(call, now);
    this.#settleEach(call, result, now);
    if (call.unsettled > 0) (this.#parts.uses[call.handler] as TaskUse).waits(now, now);
  }

  /** Fails all rows of a call. */
  fail(call: Invocation, error: unknown, now: number): void {
    if (ValueRefused.is(error)) {
      // Only a stream has values that are refused before its end.
      for (let row = 0; row < call.rows; row++) this.settleRow(call, row, STATUS.notSerializable, error.refusal, now);
      return;
    }
    const wire = this.#encode(error);
    if (this.#parts.mostRows[call.handler] !== 1) wire.call = callFailure(error);
    for (let row = 0; row < call.rows; row++) this.settleRow(call, row, STATUS.error, wire, now);
  }

  /** Settles one row. @param value the data for the status, as in ResultWriter.add */
  settleRow(call: Invocation, row: number, status: number, value: unknown, now: number): void {
    const id = call.ids[row] as number;
    call.unsettled--;
    if (call.tasks.length > 0) call.tasks[row]?.end();
    if (call.isWaiting) this.#leave(call, id);
    call.times.endedAt = now;
    const { hooks } = this.#profiling;
    if (hooks === undefined) {
      this.#batch.add(id, status, value, call.isToLog, call.times);
      return;
    }
    const { handler } = call;
    const begin = hostNowMs();
    this.#batch.add(id, status, value, call.isToLog, call.times);
    hooks.encoded(handler, hostNowMs() - begin);
  }

  /** Notes that the handler has returned, but the call is not over. */
  #wait(call: Invocation, now: number): void {
    call.isWaiting = true;
    call.waitsSince = now;
    this.#calls++;
    this.#profiling.hooks?.waits(call.handler, this.#calls);
  }

  /** Removes a row before it gets its result. The last result may find this worker idle. */
  #leave(call: Invocation, id: number): void {
    this.#waiting.delete(id);
    if (call.unsettled > 0) return;
    this.#calls--;
    this.#profiling.hooks?.settled(call.handler, this.#calls);
  }

  /** Called when the promise of a call has settled. */
  #onSettled(call: Invocation, value: unknown, isError: boolean): void {
    outsideOfTasks(() => {
      const use = this.#parts.uses[call.handler] as TaskUse;
      const now = hostNowMs();
      use.ended(call.waitsSince, now);
      if (isError) this.fail(call, value, now);
      else if (this.#parts.mostRows[call.handler] === 1) this.settleRow(call, 0, STATUS.ok, value, now);
      else this.#settleEach(call, value, now);
      if (call.unsettled === 0) {
        this.#end(call);
      } else {
        call.waitsSince = now;
        use.waits(now, now);
      }
    });
  }

  /** Called when the promise of one of several rows has settled. */
  #onRowSettled(call: Invocation, row: number, failure: { readonly error: unknown } | undefined, value: unknown): void {
    outsideOfTasks(() => {
      const now = hostNowMs();
      if (call.unsettled === 1) (this.#parts.uses[call.handler] as TaskUse).ended(call.waitsSince, now);
      if (failure === undefined) this.settleRow(call, row, STATUS.ok, value, now);
      else this.settleRow(call, row, STATUS.error, this.#encode(failure.error), now);
      if (call.unsettled === 0) this.#end(call);
    });
  }

  #settleEach(call: Invocation, result: unknown, now: number): void {
    let results: readonly unknown[];
    try {
      results = resultsOf(result, call.rows);
    } catch (error) {
      this.fail(call, error, now);
      return;
    }
    for (const [row, each] of results.entries()) this.#settleOneOf(call, row, each, now);
  }

  #settleOneOf(call: Invocation, row: number, result: unknown, now: number): void {
    let promise: Promise<unknown> | undefined;
    try {
      promise = promiseOf(result);
    } catch (error) {
      this.settleRow(call, row, STATUS.error, this.#encode(error), now);
      return;
    }
    if (promise === undefined) {
      this.#settleItem(call, row, result, now);
      return;
    }
    this.#waiting.set(call.ids[row] as number, call.tasks[row] as RunningTask);
    whenSettled(
      promise,
      (value) => this.#onRowSettled(call, row, BatchFailure.of(value), value),
      (error) => this.#onRowSettled(call, row, { error }, undefined),
    );
  }

  /** Settles a row with its part of the list, which may be a failure. */
  #settleItem(call: Invocation, row: number, result: unknown, now: number): void {
    const failure = BatchFailure.of(result);
    if (failure === undefined) this.settleRow(call, row, STATUS.ok, result, now);
    else this.settleRow(call, row, STATUS.error, this.#encode(failure.error), now);
  }

  /** Ends a call that has waited. */
  #end(call: Invocation): void {
    call.clear();
    this.#parts.spare.push(call);
    this.#parts.ended();
  }

  #encode(error: unknown): WireThrown {
    return errorToWire(error, this.#parts.channel.clones);
  }
}

/** How a call of several rows failed as a whole. */
function callFailure(error: unknown): CallFailure {
  if (!WrongResults.is(error)) return { how: 'failed' };
  const { inputs, outputs, got } = error;
  return { how: 'results', inputs, outputs, got };
}
