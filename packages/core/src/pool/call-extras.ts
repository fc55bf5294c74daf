import { AsyncResource } from 'node:async_hooks';
import { hostMsOfEpoch } from '../base/clock.js';
import { shortKey } from '../base/short-key.js';
import type { CachedCall } from '../cache/flight.js';
import type { RunOptions } from '../contract/options.js';
import { overrideSettings, type TaskSettings } from '../contract/resolve-options.js';
import type { TaskExtras } from '../task/task.js';

/**
 * What one call asks for beyond what is settled for its name.
 * @param canMove whether inputs of this pool can be moved; elsewhere `transfer` copies
 */
export function toExtras(options: RunOptions, base: TaskSettings, canMove: boolean): TaskExtras {
  const { signal, deadline, borrow } = options;
  const onProgress = options.onProgress === undefined ? undefined : inThisContext(options.onProgress);
  const key = options.key === undefined ? undefined : shortKey(options.key);
  const transfer = canMove && options.transfer?.length ? options.transfer : undefined;
  const settings = overrideSettings(base, options);
  if (deadline === undefined) return { settings, signal, onProgress, key, transfer, borrow };
  const epochMs = Number(deadline);
  return { settings, signal, onProgress, key, transfer, borrow, deadline: { epochMs, hostMs: hostMsOfEpoch(epochMs) } };
}

/** The same with `retry.on` bound to the caller's async context; as it is where there is none. */
export function bindRetry(extras: TaskExtras | undefined, base: TaskSettings): TaskExtras | undefined {
  const settings = extras?.settings ?? base;
  const { on } = settings.retry;
  if (on === undefined) return extras;
  return { ...extras, settings: { ...settings, retry: { ...settings.retry, on: inThisContext(on) } } };
}

/** What a caller asks of a result that others may share. */
export function toCachedCall(extras: TaskExtras | undefined, base: TaskSettings, nowMs: number): CachedCall {
  const { timeoutMs, queueTimeoutMs, retry } = extras?.settings ?? base;
  const limits = { timeoutMs, queueUntilMs: nowMs + queueTimeoutMs, deadlineMs: extras?.deadline?.hostMs ?? Infinity };
  return { limits, retry, signal: extras?.signal, onProgress: extras?.onProgress };
}

/** A function that runs in the present async context, whatever context it is called in. */
function inThisContext<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => R {
  return AsyncResource.bind(fn);
}
