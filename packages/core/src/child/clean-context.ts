import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { callSafely } from '../base/call-safely.js';
import { process } from '../base/natives.js';

const TYPE = 'MillpondTask';
/** Context of no task. Objects made or functions called in it see nothing of earlier handlers. */
const root = new AsyncResource('MillpondWorker');
/**
 * Since Node 24 a scope restores the context that it found. One resource then serves all calls, at 20 ns each. Before,
 * AsyncLocalStorage.enterWith() leaves its value on the resource of the scope, so that each call needs its own. That takes 130 ns,
 * or 350 ns among the tasks of two busy threads. These are medians of five runs on two cores.
 */
const SCOPES_RESTORE = Number(process.versions.node.split('.')[0]) >= 24;
/** Number of own symbols of a resource without values of a storage: its two ids. */
const BARE_SYMBOLS = 2;

/** Kept, since a handler may replace it on the class. */
const runIn = AsyncResource.prototype.runInAsyncScope;
/** Serves all calls as long as no storage can leave anything on it. */
const shared = SCOPES_RESTORE ? root : new AsyncResource(TYPE);
let sharesContext = SCOPES_RESTORE;

const makeResource = (): AsyncResource => new AsyncResource(TYPE);

/**
 * Lets all calls share one context until this thread uses an AsyncLocalStorage for the first time, even in a handler. Most
 * workers never use one. Only for a thread of our own: until then, a method that all storages call is replaced.
 */
export function shareContextUntilUsed(): void {
  const prototype = AsyncLocalStorage.prototype as { _enable?: unknown };
  const enable = prototype._enable;
  // A module that was loaded earlier may already use a storage.
  const isInUse = Object.getOwnPropertySymbols(makeResource()).length > BARE_SYMBOLS;
  if (SCOPES_RESTORE || isInUse || typeof enable !== 'function') return;
  sharesContext = true;
  prototype._enable = function (this: unknown): unknown {
    sharesContext = false;
    prototype._enable = enable;
    return (enable as () => unknown).call(this);
  };
}

/** Calls a function in an async context of its own, shared with no other task. */
export function inCleanContext<A, B, C, R>(fn: (a: A, b: B, c: C) => R, a?: A, b?: B, c?: C): R {
  const resource = sharesContext ? shared : runIn.call(root, makeResource);
  return runIn.call(resource, fn as (...args: unknown[]) => unknown, undefined, a, b, c) as R;
}

/** Calls a function of our own outside of the context of the handler whose end led to the call. */
export function outsideOfTasks(fn: () => void): void {
  runIn.call(root, fn);
}

/** A function of a handler that runs in the async context of its task, whatever calls it. An exception of it is uncaught. */
export function boundToTask<A>(fn: (a: A) => void): (a: A) => void {
  const resource = new AsyncResource(TYPE);
  return (a) => callSafely(() => runIn.call(resource, fn as (...args: unknown[]) => unknown, undefined, a));
}
