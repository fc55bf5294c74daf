import { ignoreRejections } from '../base/ignore-rejection.js';
import { BatchFailure } from './batch-failure.js';
import type { BatchOptions } from './batch-options.js';
import type { DataOf, TaskContext, TaskSection, WorkerContext, WorkerDataOf } from './worker-module.js';

/**
 * The second argument of a batch handler.
 *
 * @typeParam Data the type of `data`, or the type of the worker that has it
 */
export interface BatchContext<Data = unknown> extends WorkerContext<DataOf<Data>, WorkerDataOf<Data>> {
  /** The contexts of the items, by index. Each has the signal, the deadline and the progress of its own callers. */
  readonly items: readonly TaskContext<Data>[];
  /** Aborts when no item is wanted any more. After `graceMs` the worker is killed. */
  readonly signal: AbortSignal;
  /** As {@link TaskContext.section}. */
  section<T>(name: string, fn: () => T): T;
  /** As {@link TaskContext.open}. It is closed at the latest when the last item has its result. */
  open(name: string): TaskSection;
  /** As {@link TaskContext.count}. */
  count(name: string, n?: number): void;
}

/** The result of one item, by what a batch handler returns for it: its promise awaited, without failures. */
export type BatchOutput<R> = R extends readonly unknown[] ? Exclude<Awaited<R[number]>, Error | BatchFailure> : never;

/**
 * A handler made by `batch`. To its callers it is a handler of one item. A direct call, as in a test of the worker module, runs it
 * with a list of one.
 */
export interface BatchHandler<I = never, O = unknown> {
  (input: I, ctx: TaskContext<never>): Promise<O>;
  /** Marks the results of `batch`, for all copies of this package. */
  readonly '~millpond': 'batch';
}

/** The function of a batch handler, and its options. */
export interface BatchDefinition {
  readonly options: BatchOptions;
  readonly handler: (inputs: unknown[], ctx: unknown) => unknown;
}

/** Marks handlers for all copies of this file: a handler's copy is in another bundle than the worker's. */
const DEFINITION = Symbol.for('millpond.batch');

/**
 * Makes a handler that runs many items in one call. `pool.run(name, item)` gets the result of its own item; the pool gathers
 * waiting items up to the limits of the options.
 *
 * ```ts
 * export const insert = batch({ maxSize: 500, maxWaitMs: 5 }, (rows: Row[]) => store.insertAll(rows));
 * ```
 *
 * The handler returns a list with one result for each item, in their order. A promise in it settles its item alone. An `Error`, or
 * `batch.failed(value)`, rejects its item alone. A list of another length, or no list, rejects all with ERR_BATCH_RESULTS. An
 * exception of the handler rejects all with it; see `isolate`. Wrong options keep workers from starting, with ERR_OPTION as the
 * cause.
 */
export function batch<I, R extends readonly unknown[], Data = unknown>(
  options: BatchOptions<NoInfer<I>>,
  handler: (inputs: I[], ctx: BatchContext<Data>) => R | PromiseLike<R>,
): BatchHandler<I, BatchOutput<R>> {
  const definition: BatchDefinition = {
    options: options,
    handler: handler as BatchDefinition['handler'],
  };
  const one = async (input: I, ctx: TaskContext<never>): Promise<unknown> => {
    const items = [ctx];
    const outputs: unknown = await handler([input], { ...contextOf(ctx), items } as unknown as BatchContext<Data>);
    if (!Array.isArray(outputs) || outputs.length !== 1) {
      ignoreRejections(outputs);
      throw new TypeError('A batch handler returned no list of one result.');
    }
    const output: unknown = await outputs[0];
    const failed = BatchFailure.of(output);
    if (failed !== undefined) throw failed.error;
    return output;
  };
  return Object.defineProperties(one, {
    [DEFINITION]: { value: definition },
    '~millpond': { value: 'batch' },
  }) as unknown as BatchHandler<I, BatchOutput<R>>;
}

/** Marks a value as the failure of one item, in the list that a batch handler returns. An Error needs no mark. */
batch.failed = (error: unknown): BatchFailure => new BatchFailure(error);

/** The definition of a handler that `batch` made; undefined for any other value. */
export function batchDefinition(handler: unknown): BatchDefinition | undefined {
  return typeof handler === 'function' ? (handler as { [DEFINITION]?: BatchDefinition })[DEFINITION] : undefined;
}

function contextOf(ctx: TaskContext<never> | undefined): Partial<BatchContext> {
  if (ctx === undefined) return {};
  const { workerId, workerData, data, signal, section, open, count } = ctx;
  return { workerId, workerData, data, signal, section, open, count };
}
