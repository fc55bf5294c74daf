import type { AsyncLocalStorage } from 'node:async_hooks';
import type { OpenOperation } from './in-flight.js';
import type { IoRow, Operation } from './io-rows.js';
import type { Listening } from './listening.js';

/** What the readers of channels write to. */
export interface IoSink {
  readonly listening: Listening;
  begin(key: object, operation: Operation): OpenOperation | undefined;
  get(key: object): OpenOperation | undefined;
  end(key: object): void;
  /** The row of an operation that is over at once, or of which only the number is known. @returns undefined if it is not watched */
  row(operation: Operation): IoRow | undefined;
}

/** Holds the name of the task in whose async calls the code runs. */
export type TaskStore = AsyncLocalStorage<string>;
