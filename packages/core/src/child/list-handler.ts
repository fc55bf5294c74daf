import type { BatchDefinition } from '../contract/batch.js';
import { itemKey } from '../contract/resolve-batch.js';
import { RunningBatch } from './batch-context.js';
import type { BatchItem } from './batch-item.js';
import { callHandler } from './call-handler.js';
import { promiseOf, whenSettled } from './promised.js';
import type { WorkerScope } from './running-task.js';
import type { LoadedHandler } from './worker-module.js';
import { resultsOf } from './wrong-results.js';

/** The inputs that a handler gets, and for each row the index of its own. */
interface Inputs {
  readonly inputs: unknown[];
  readonly items: BatchItem[];
  /** Undefined where each row has an input of its own. */
  readonly indexes: readonly number[] | undefined;
}

/**
 * The function of a batch handler as the loop calls it, with a list of inputs and one of contexts. Rows that share an input
 * become one, and all get its result.
 */
export function listHandler(name: string, { handler, options }: BatchDefinition, scope: WorkerScope): LoadedHandler {
  const key = options.key as ((input: unknown) => unknown) | undefined;
  return (list, contexts) => {
    const rows = list as unknown[];
    const { inputs, items, indexes } = distinct(name, rows, contexts as BatchItem[], key);
    const count = inputs.length;
    const batch = new RunningBatch(scope, name, items);
    const result = callHandler(handler as LoadedHandler, inputs, batch);
    if (indexes === undefined) return result;
    const promise = promiseOf(result);
    if (promise === undefined) return spread(result, count, indexes);
    return new Promise((resolve, reject) => {
      whenSettled(
        promise,
        (value) => {
          try {
            resolve(spread(value, count, indexes));
          } catch (error) {
            reject(error);
          }
        },
        reject,
      );
    });
  };
}

/** @throws ERR_OPTION where `key` throws, or gives no key */
function distinct(
  name: string,
  rows: unknown[],
  contexts: readonly BatchItem[],
  key: ((input: unknown) => unknown) | undefined,
): Inputs {
  if (key === undefined && !contexts.some((item) => item.isShared))
    return { inputs: rows, items: [...contexts], indexes: undefined };
  const inputs: unknown[] = [];
  const items: BatchItem[] = [];
  const indexes: number[] = [];
  const bySource = new Map<number, number>();
  const byKey = new Map<string, number>();
  for (const [row, item] of contexts.entries()) {
    let index = bySource.get(item.source);
    const text = index === undefined && key !== undefined ? itemKey(key, rows[row], `batch.key of ${name}`) : undefined;
    if (text !== undefined) index = byKey.get(text);
    if (index === undefined) {
      index = inputs.length;
      inputs.push(rows[row]);
      items.push(item);
    } else {
      item.follow(items[index] as BatchItem);
    }
    bySource.set(item.source, index);
    if (text !== undefined) byKey.set(text, index);
    indexes.push(index);
  }
  return { inputs, items, indexes: inputs.length === rows.length ? undefined : indexes };
}

/** The result of each row. */
function spread(result: unknown, count: number, indexes: readonly number[]): unknown[] {
  const results = resultsOf(result, count);
  return indexes.map((index) => results[index]);
}
