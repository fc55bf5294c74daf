import type { BatchOptions } from './batch-options.js';
import { A_BOOLEAN, type AnswerKind, answerOf } from './user-answer.js';

const DEFAULTS = { maxSize: 100, maxWaitMs: 0, maxBytes: 16 * 2 ** 20, isolate: false } as const;

/** Rules of a batch, as plain data. */
export interface BatchRules {
  readonly maxSize: number;
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  /** Number of items with which a batch leaves. */
  readonly size: number | 'auto';
  readonly isolate: boolean;
}

/** What a pool says of the batches of one task name: undefined where it says nothing. */
export interface GivenBatch {
  readonly rules: { readonly [K in keyof BatchRules]: BatchRules[K] | undefined };
  readonly key: ((input: unknown) => unknown) | undefined;
  readonly isFull: ((inputs: readonly unknown[]) => unknown) | undefined;
}

/** Options of a handler with every default filled in. */
export function resolveBatch(own: BatchOptions): BatchRules {
  const maxSize = own.maxSize ?? DEFAULTS.maxSize;
  return {
    maxSize,
    maxWaitMs: own.maxWaitMs ?? DEFAULTS.maxWaitMs,
    maxBytes: own.maxBytes ?? DEFAULTS.maxBytes,
    size: own.size ?? maxSize,
    isolate: own.isolate ?? DEFAULTS.isolate,
  };
}

/** Checked options of a pool for one task name. */
export function resolveGivenBatch(own: BatchOptions): GivenBatch {
  const { maxSize, maxWaitMs, maxBytes, size, isolate, key, isFull } = own;
  return Object.freeze({
    rules: Object.freeze({ maxSize, maxWaitMs, maxBytes, size, isolate }),
    key: key as GivenBatch['key'],
    isFull: isFull as GivenBatch['isFull'],
  });
}

/** Rules of a handler, overridden by those of the pool. A `maxSize` of the pool alone also bounds the handler's `size`. */
export function overrideBatch(rules: BatchRules, given: GivenBatch | undefined): BatchRules {
  if (given === undefined) return rules;
  const own = given.rules;
  const maxSize = own.maxSize ?? rules.maxSize;
  const size = own.size ?? (rules.size === rules.maxSize ? maxSize : rules.size);
  return {
    maxSize,
    maxWaitMs: own.maxWaitMs ?? rules.maxWaitMs,
    maxBytes: own.maxBytes ?? rules.maxBytes,
    size: size === 'auto' ? size : Math.min(size, maxSize),
    isolate: own.isolate ?? rules.isolate,
  };
}

const A_KEY: AnswerKind<string> = {
  phrase: 'a string or a finite number',
  take(value) {
    if (typeof value === 'string') return value;
    return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
  },
};

/** The key of an item as text. @param option names the function in the error @throws ERR_OPTION */
export function itemKey(key: (input: unknown) => unknown, input: unknown, option: string): string {
  return answerOf(option, key, input, A_KEY);
}

/** Whether a batch of these items takes no more. @param option names the function in the error @throws ERR_OPTION */
export function saysFull(
  isFull: (inputs: readonly unknown[]) => unknown,
  inputs: readonly unknown[],
  option: string,
): boolean {
  return answerOf(option, isFull, inputs, A_BOOLEAN);
}
