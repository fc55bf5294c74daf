import { process } from '../base/natives.js';
import { AsyncResource } from 'node:async_hooks';

const TYPE = 'MillpondTask';
/** Belongs to no task. Whatever is made or called in it knows nothing of the handlers that ran before. */
const root = new AsyncResource('MillpondWorker');
/**
 * Since Node 24 a scope gives back the context that it found, so that one resource serves all calls, at 10 ns each. Before,
 * AsyncLocalStorage.enterWith() leaves its value on the resource of the scope, so that each call needs its own: 100 ns.
 */
const SCOPES_RESTORE = Number(process.versions.node.split('.')[0]) >= 24;

const makeResource = (): AsyncResource => new AsyncResource(TYPE);

/** Calls a function in an async context of its own, that of no other task. */
export function inCleanContext<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): R {
  const resource = SCOPES_RESTORE ? root : root.runInAsyncScope(makeResource);
  return resource.runInAsyncScope(fn as (...args: unknown[]) => R, undefined, ...args);
}

/** Calls a function of our own outside of the context of the handler whose end led to the call. */
export function outsideOfTasks(fn: () => void): void {
  root.runInAsyncScope(fn);
}
