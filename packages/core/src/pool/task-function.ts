import type { TaskSelector } from '../cache/drop-of-task.js';
import type { BreakerHandle } from '../contract/breaker-options.js';
import type { RunOptions } from '../contract/call-options.js';
import type { CallableStats, TaskFunction } from '../contract/callable-options.js';
import { checkRunOptions } from '../contract/check-options.js';
import { overridden } from '../contract/overridden.js';

/** What a callable does. */
export interface TaskFunctionParts {
  /** Shown in stack traces. */
  readonly label: string;
  /** @param options checked */
  run(input: unknown, options: RunOptions | undefined): Promise<unknown>;
  invalidate(selector: TaskSelector | undefined): number;
  flush(): void;
  stats(): CallableStats;
  breaker(key: string | undefined): BreakerHandle;
}

/** A callable as a function. @param always options of each call, checked */
export function taskFunction<I, O>(parts: TaskFunctionParts, always?: RunOptions): TaskFunction<I, O> {
  const call = (input?: unknown, options?: RunOptions): Promise<unknown> => {
    const own = options === undefined ? undefined : checkRunOptions(options);
    return parts.run(input, overridden(always, own));
  };
  Object.defineProperty(call, 'name', { value: parts.label, configurable: true });
  const methods = {
    with: (options: RunOptions) => taskFunction<I, O>(parts, overridden(always, checkRunOptions(options))),
    invalidate: (selector?: TaskSelector) => parts.invalidate(selector),
    flush: () => parts.flush(),
    stats: () => parts.stats(),
    breaker: (key?: string) => parts.breaker(key),
  };
  return Object.assign(call, methods) as TaskFunction<I, O>;
}
