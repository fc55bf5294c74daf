import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { process } from '../base/natives.js';

const TYPE = 'MillpondTask';
/** Belongs to no task. Whatever is made or called in it knows nothing of the handlers that ran before. */
const root = new AsyncResource('MillpondWorker');
/**
 * Since Node 24 a scope gives back the context that it found, so that one resource serves all calls, at 20 ns each. Before,
 * AsyncLocalStorage.enterWith() leaves its value on the resource of the scope, so that each call needs its own: 130 ns, and
 * 350 ns among the tasks of two busy threads (medians of five runs on two cores).
 */
const SCOPES_RESTORE = Number(process.versions.node.split('.')[0]) >= 24;
/** Own symbols of a resource on which no storage has left anything: its two ids. */
const BARE_SYMBOLS = 2;

/** Held, since a handler may replace it on the class. */
const runIn = AsyncResource.prototype.runInAsyncScope;
/** Serves all calls as long as no storage can leave anything on it. */
const shared = SCOPES_RESTORE ? root : new AsyncResource(TYPE);
let sharesContext = SCOPES_RESTORE;

const makeResource = (): AsyncResource => new AsyncResource(TYPE);

/**
 * Has all calls share one context until an AsyncLocalStorage of this thread is used for the first time, be it in a handler.
 * Most workers never use any. Only for a thread of our own: until then, a method that all storages call is replaced.
 */
export function shareContextUntilUsed(): void {
  const prototype = AsyncLocalStorage.prototype as { _enable?: unknown };
  const enable = prototype._enable;
  // A storage of a module that was loaded before us may be in use already.
  const isInUse = Object.getOwnPropertySymbols(makeResource()).length > BARE_SYMBOLS;
  if (SCOPES_RESTORE || isInUse || typeof enable !== 'function') return;
  sharesContext = true;
  prototype._enable = function (this: unknown): unknown {
    sharesContext = false;
    prototype._enable = enable;
    return (enable as () => unknown).call(this);
  };
}

/** Calls a function in an async context of its own, that of no other task. */
export function inCleanContext<A, B, C, R>(fn: (a: A, b: B, c: C) => R, a?: A, b?: B, c?: C): R {
  const resource = sharesContext ? shared : runIn.call(root, makeResource);
  return runIn.call(resource, fn as (...args: unknown[]) => unknown, undefined, a, b, c) as R;
}

/** Calls a function of our own outside of the context of the handler whose end led to the call. */
export function outsideOfTasks(fn: () => void): void {
  runIn.call(root, fn);
}
