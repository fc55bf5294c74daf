import { checkBreaker, optionError } from './check-options.js';
import { checkShape, isRecord, ownOptions } from './checks.js';
import { WRAP, WRAP_CALL } from './option-shapes.js';
import { resolveCache } from './resolve-options.js';
import { checkShaping } from './resolve-shaping.js';
import { BUILT_IN_TASK, resolveTask } from './resolve-task.js';
import type { ResolvedCache, TaskSettings } from './resolved-options.js';
import type { WrapCallOptions, WrapPolicies } from './wrap-options.js';

/** Policies of a wrapped function, with every default filled in. */
export interface ResolvedWrap {
  readonly name: string;
  /** Path of the options, for errors. */
  readonly path: string;
  readonly settings: TaskSettings;
  readonly cache: ResolvedCache;
}

const NO_NAME = 'anonymous';
const NO_QUEUE = 'has no meaning for a wrapped function, which waits in no queue of a pool. Give its calls a deadline.';
const NO_WORKER = 'has no meaning for a wrapped function, which runs in this program and in no worker.';

/** Options of tasks and of their calls that a function of the program cannot have, and why. */
const NOT_HERE: Readonly<Record<string, string>> = {
  queueTimeoutMs: NO_QUEUE,
  queue: NO_QUEUE,
  priority: NO_QUEUE,
  batch: NO_QUEUE,
  exclusive: NO_WORKER,
  slowMs: NO_WORKER,
  key: NO_WORKER,
  borrow: NO_WORKER,
  transfer: NO_WORKER,
  headers: NO_WORKER,
  onProgress: NO_WORKER,
  progressEveryMs: NO_WORKER,
};

/** @throws ERR_OPTION for unknown or wrong policies */
export function resolveWrap(given: WrapPolicies, nameOfFunction: string): ResolvedWrap {
  const name = nameOf(given) ?? (nameOfFunction === '' ? NO_NAME : nameOfFunction);
  const path = `wrap("${name}")`;
  refuseForeign(given, `${path}.`);
  checkShape(given, WRAP, path);
  const own = ownOptions(given, WRAP);
  checkTogether(own, path);
  const { max, maxBytes, ...cache } = typeof own.cache === 'object' ? own.cache : {};
  const asTask = { ...own, cache: typeof own.cache === 'object' ? cache : own.cache };
  const size = { ...(max === undefined ? {} : { max }), ...(maxBytes === undefined ? {} : { maxBytes }) };
  return {
    name,
    path,
    settings: resolveTask({ ...NOTHING, ...asTask }, BUILT_IN_TASK, 0, path),
    cache: resolveCache(size),
  };
}

/** Checks the options of one call, and returns a copy of their own properties. @throws ERR_OPTION */
export function checkWrapCallOptions(options: WrapCallOptions): WrapCallOptions {
  refuseForeign(options, '');
  checkShape(options, WRAP_CALL);
  return ownOptions(options, WRAP_CALL);
}

/** Settings of tasks that a wrapped function has not. */
const NOTHING = {
  queueTimeoutMs: undefined,
  priority: undefined,
  exclusive: undefined,
  slowMs: undefined,
  batch: undefined,
} as const;

/** The name by the policies, which are not checked yet. */
function nameOf(given: unknown): string | undefined {
  return isRecord(given) && typeof given['name'] === 'string' && given['name'] !== '' ? given['name'] : undefined;
}

/** Refuses what only tasks have, by its name and with the reason. @throws ERR_OPTION */
function refuseForeign(given: unknown, prefix: string): void {
  if (!isRecord(given)) return;
  for (const [option, value] of Object.entries(given)) {
    const reason = Object.hasOwn(NOT_HERE, option) ? NOT_HERE[option] : undefined;
    if (value !== undefined && reason !== undefined) throw optionError(`${prefix}${option}`, reason);
  }
  const { cache, breaker } = given as { cache?: unknown; breaker?: unknown };
  if (isRecord(cache) && cache['version'] !== undefined) {
    throw optionError(
      `${prefix}cache.version`,
      'has no meaning for a wrapped function, whose results do not outlive the program.',
    );
  }
  if (isRecord(breaker) && breaker['crashes'] === true) throw optionError(`${prefix}breaker.crashes`, NO_WORKER);
}

/** Refuses policies that contradict each other. @throws ERR_OPTION */
function checkTogether({ breaker, hedge, idempotent, throttle, debounce }: WrapPolicies, path: string): void {
  checkBreaker(breaker, `${path}.breaker`);
  if (hedge !== undefined && idempotent !== true) {
    throw optionError(
      `${path}.hedge`,
      'needs idempotent: true, because it calls the function several times for one call.',
    );
  }
  checkShaping({ throttle, debounce }, path);
}
