import { inspect } from 'node:util';
import { PoolError } from '@millpond/core';
import { isRecord, nearestOrAll } from '@millpond/core/internal';

/**
 * How much is kept. 'stats': counters and histograms, whatever the number of tasks. 'trace': also the ten stamps of
 * the latest 100,000 tries of each pool, for the report's `traces` and `slowest`.
 */
export type Level = 'stats' | 'trace';

export interface ProfilerOptions {
  /** @defaultValue 'stats' */
  level?: Level;
}

export interface BottleneckOptions {
  /** Leave out sections with less self time than this, in milliseconds. 0 or more. @defaultValue 0 */
  minMs?: number;
}

/** @throws ERR_OPTION when a key or a value is wrong */
export function resolveProfilerOptions(options: ProfilerOptions | undefined): { readonly level: Level } {
  const level = checkKeys(options, ['level']).level ?? 'stats';
  if (level !== 'stats' && level !== 'trace')
    refuse('level', `must be one of "stats", "trace"; received ${show(level)}.`);
  return { level };
}

/** @throws ERR_OPTION when a key or a value is wrong */
export function resolveBottleneckOptions(options: BottleneckOptions | undefined): { readonly minMs: number } {
  const minMs = checkKeys(options, ['minMs']).minMs ?? 0;
  if (typeof minMs !== 'number' || !(minMs >= 0))
    refuse('minMs', `must be a number of milliseconds of at least 0; received ${show(minMs)}.`);
  return { minMs };
}

/** A value as an error message shows it: short, and with its type. */
export function show(value: unknown): string {
  const text = inspect(value, { depth: 0, breakLength: Infinity }).slice(0, 80);
  return value === null || value === undefined ? text : `${text} (${typeof value})`;
}

export function refuse(option: string, reason: string): never {
  throw new PoolError('ERR_OPTION', { option, reason });
}

export function checkKeys<T extends object>(options: T | undefined, known: readonly (keyof T & string)[]): T {
  if (options === undefined) return {} as T;
  if (!isRecord(options)) {
    refuse('options', `must be an object; received ${show(options)}.`);
  }
  for (const key of Object.keys(options)) {
    if ((known as readonly string[]).includes(key)) continue;
    refuse(key, `is unknown.${nearestOrAll(key, known)}`);
  }
  return options;
}
