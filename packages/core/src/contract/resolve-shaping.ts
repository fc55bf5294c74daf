import { PoolError } from './errors.js';
import type { ShapingOptions, Superseded } from './shaping-options.js';

/** Rules of throttling: one run in `everyMs`. */
export interface ThrottleRules {
  readonly what: 'throttle';
  readonly everyMs: number;
  /** Whether the first call runs at once. */
  readonly leading: boolean;
  /**
   * Whether the last call of a burst runs when the time is over. If not, calls within the time get the result of the run before.
   */
  readonly trailing: boolean;
}

/** Rules of debouncing: a run once calls have stopped for `waitMs`. */
export interface DebounceRules {
  readonly what: 'debounce';
  readonly waitMs: number;
  /** Longest time for which calls that go on can hold up a run; Infinity for none. */
  readonly maxWaitMs: number;
}

export type ShapingRules = ThrottleRules | DebounceRules;

/** How calls of a task are shaped. */
export interface ResolvedShaping {
  readonly rules: ShapingRules;
  readonly superseded: Superseded;
  readonly key: ((input: unknown) => unknown) | undefined;
}

type Given = { readonly [K in keyof ShapingOptions<never>]: ShapingOptions<never>[K] | undefined };

/** Refuses shaping that contradicts itself. @throws ERR_OPTION */
export function checkShaping({ throttle, debounce }: Given, path: string): void {
  if (throttle !== undefined && debounce !== undefined) {
    const reason = 'cannot stand beside throttle. Debounce with maxWaitMs runs at least once in that time.';
    throw new PoolError('ERR_OPTION', { option: `${path}.debounce`, reason });
  }
  if (throttle?.leading === false && throttle.trailing === false) {
    const reason = 'has leading and trailing false, so that no call would run.';
    throw new PoolError('ERR_OPTION', { option: `${path}.throttle`, reason });
  }
}

/** The shaping of a task that has one of the two. */
export function resolveShaping({ throttle, debounce }: Given): ResolvedShaping {
  const { superseded, key } = throttle ?? debounce ?? {};
  return Object.freeze({
    rules: rulesOf({ throttle, debounce }),
    superseded: superseded ?? 'share',
    key: key as ResolvedShaping['key'],
  });
}

function rulesOf({ throttle, debounce }: Given): ShapingRules {
  if (throttle !== undefined) {
    const { everyMs, leading = true, trailing = true } = throttle;
    return { what: 'throttle', everyMs, leading, trailing };
  }
  return { what: 'debounce', waitMs: debounce?.waitMs ?? 0, maxWaitMs: debounce?.maxWaitMs ?? Infinity };
}
