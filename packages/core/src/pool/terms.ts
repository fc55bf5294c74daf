import { hostMsOfEpoch, hostNowMs } from '../base/clock.js';
import { inThisContext } from '../base/in-this-context.js';
import { shortKey } from '../base/short-key.js';
import type { CachedCall } from '../cache/flight.js';
import type { RunOptions } from '../contract/call-options.js';
import type { CallTerms, ProgressRules } from '../contract/call-terms.js';
import type { Headers } from '../contract/headers.js';
import { overrideSettings } from '../contract/resolve-task.js';
import type { TaskSettings } from '../contract/resolved-options.js';

/**
 * At most 20 values in any second, the last one included: a display shows no more. A few values in a row all come, since a handler
 * that reports its steps loses none. The share of both is a choice.
 */
const DISPLAY_PACE: ProgressRules = { everyMs: 100, burst: 9 };

/** Terms of one call beyond the settings of its name. */
export function toTerms(options: RunOptions, base: TaskSettings): CallTerms {
  const { signal, deadline, borrow, cache } = options;
  const headers = options.headers as Headers | undefined;
  const onProgress = options.onProgress === undefined ? undefined : inThisContext(options.onProgress);
  const progressPace = onProgress === undefined ? undefined : paceOf(options.progressEveryMs);
  const key = options.key === undefined ? undefined : shortKey(options.key);
  const transfer = options.transfer?.length ? options.transfer : undefined;
  const settings = overrideSettings(base, options);
  const terms = { settings, signal, onProgress, progressPace, cache, key, transfer, borrow, headers };
  if (deadline === undefined) return terms;
  const epochMs = Number(deadline);
  return { ...terms, deadline: { epochMs, hostMs: hostMsOfEpoch(epochMs) } };
}

function paceOf(everyMs: number | undefined): ProgressRules | undefined {
  if (everyMs === undefined) return DISPLAY_PACE;
  return everyMs === 0 ? undefined : { everyMs, burst: 1 };
}

/** The same with `retry.on` bound to the caller's async context; unchanged if there is none. */
export function bindRetry(terms: CallTerms | undefined, base: TaskSettings): CallTerms | undefined {
  const settings = terms?.settings ?? base;
  const { on } = settings.retry;
  if (on === undefined) return terms;
  return { ...terms, settings: { ...settings, retry: { ...settings.retry, on: inThisContext(on) } } };
}

/** A caller's terms for a result that others may share. */
export function toCachedCall(terms: CallTerms | undefined, base: TaskSettings): CachedCall {
  const { timeoutMs, queueTimeoutMs, retry } = terms?.settings ?? base;
  const queueUntilMs = hostNowMs() + queueTimeoutMs;
  const limits = { timeoutMs, queueUntilMs, deadlineMs: terms?.deadline?.hostMs ?? Infinity };
  const { ttlMs, tags, refresh = false } = terms?.cache ? terms.cache : {};
  const movesInput = terms?.transfer !== undefined;
  return { limits, retry, signal: terms?.signal, onProgress: terms?.onProgress, movesInput, refresh, ttlMs, tags };
}
