import { AsyncLocalStorage } from 'node:async_hooks';
import { callHandler } from '../call-handler.js';

/** Holds the name of the task in whose async calls the code runs. */
export type TaskStore = AsyncLocalStorage<string>;

let store: TaskStore | undefined;
let users = 0;

/** Opens the storage: handlers called from now on run with the name of their task in it. */
export function openTaskStore(): TaskStore {
  users++;
  return (store ??= new AsyncLocalStorage());
}

/** Undoes one call of `openTaskStore`. On Node 20 a storage makes each await slower, so the last call ends it. */
export function closeTaskStore(): void {
  if (users === 0 || --users > 0) return;
  store?.disable();
  store = undefined;
}

/** The function that calls a handler of this task: the plain one, unless the storage is open. */
export function callerOf(task: string): typeof callHandler {
  const open = store;
  if (open === undefined) return callHandler;
  return (handler, input, context) => open.run(task, callHandler, handler, input, context);
}
