import { inspect } from 'node:util';
import { PoolError } from '@millpond/core';
import { isRecord, nearestOrAll } from '@millpond/core/internal';
import type { Level } from './model/report-data.js';

export interface ProfilerOptions {
  /**
   * How much is measured. 'off': nothing. 'stats': counters and histograms, whatever the number of tasks. 'trace': also single tries
   * with their ten stamps: all of them up to 100,000, then a sample. 'cpu': also CPU profiles, and samples of allocations.
   * @defaultValue 'stats'
   */
  level?: Level;
  /** Whether workers watch the clients of databases and servers that handlers use. @defaultValue true */
  io?: boolean;
  /** Time between samples of CPU profiles, µs: 100 to 1,000,000. @defaultValue 10,000 */
  sampleUs?: number;
  /** Whether level 'cpu' samples allocations too. @defaultValue true */
  heap?: boolean;
  /** Ids of findings to leave out, such as `R08`. @defaultValue none */
  mute?: readonly string[];
}

/** ProfilerOptions with every default filled in. */
export type ResolvedProfilerOptions = Readonly<Required<ProfilerOptions>>;

/**
 * Order of bottlenecks. 'self': time with no section open inside. 'total': time with those inside. 'mean': duration of one call.
 * 'memory': growth of heap and external memory outside of the sections inside; measured at level 'trace' and above.
 */
export type BottleneckOrder = 'self' | 'total' | 'mean' | 'memory';

export interface BottleneckOptions {
  /** Leave out sections with less time than this, ms: self time, or total time where `by` is 'total'. 0 or more. @defaultValue 0 */
  minMs?: number;
  /** Leave out sections whose calls take less than this in the mean, ms. 0 or more. @defaultValue 0 */
  minMeanMs?: number;
  /** @defaultValue 'self' */
  by?: BottleneckOrder;
  /** Most of them. An integer of at least 1, or Infinity. @defaultValue Infinity */
  limit?: number;
}

const LEVELS: readonly Level[] = ['off', 'stats', 'trace', 'cpu'];
const LEAST_SAMPLE_US = 100;
const MOST_SAMPLE_US = 1_000_000;

/** @throws ERR_OPTION when a key or a value is wrong */
export function resolveProfilerOptions(options: ProfilerOptions | undefined): ResolvedProfilerOptions {
  const given = checkKeys(options, ['level', 'io', 'sampleUs', 'heap', 'mute']);
  const { level = 'stats', io = true, sampleUs = 10_000, heap = true, mute = [] } = given;
  if (!LEVELS.includes(level))
    refuse('level', `must be one of ${LEVELS.map((each) => `"${each}"`).join(', ')}; received ${show(level)}.`);
  for (const [option, value] of Object.entries({ io, heap }))
    if (typeof value !== 'boolean') refuse(option, `must be true or false; received ${show(value)}.`);
  if (!Number.isInteger(sampleUs) || sampleUs < LEAST_SAMPLE_US || sampleUs > MOST_SAMPLE_US)
    refuse('sampleUs', `must be an integer from ${LEAST_SAMPLE_US} to ${MOST_SAMPLE_US}; received ${show(sampleUs)}.`);
  if (!Array.isArray(mute) || !mute.every(isRuleId))
    refuse('mute', `must be a list of ids from "R01" to "R37"; received ${show(mute)}.`);
  return { level, io, sampleUs, heap, mute: [...(mute as readonly string[])] };
}

const ORDERS: readonly unknown[] = ['self', 'total', 'mean', 'memory'] satisfies BottleneckOrder[];

/** @throws ERR_OPTION when a key or a value is wrong */
export function resolveBottleneckOptions(options: BottleneckOptions | undefined): Required<BottleneckOptions> {
  const given = checkKeys(options, ['minMs', 'minMeanMs', 'by', 'limit']);
  const { minMs = 0, minMeanMs = 0, by = 'self', limit = Infinity } = given;
  for (const [option, ms] of Object.entries({ minMs, minMeanMs })) {
    if (typeof ms !== 'number' || !(ms >= 0))
      refuse(option, `must be a number of milliseconds of at least 0; received ${show(ms)}.`);
  }
  if (!ORDERS.includes(by)) refuse('by', `must be one of "self", "total", "mean", "memory"; received ${show(by)}.`);
  if (limit !== Infinity && !(Number.isInteger(limit) && limit >= 1))
    refuse('limit', `must be an integer of at least 1, or Infinity; received ${show(limit)}.`);
  return { minMs, minMeanMs, by, limit };
}

export interface SnapshotOptions {
  /** Whether only what was measured since the previous call with this option. @defaultValue false */
  sinceLast?: boolean;
}

/** @throws ERR_OPTION when a key or a value is wrong */
export function resolveSnapshotOptions(options: SnapshotOptions | undefined): { readonly sinceLast: boolean } {
  const sinceLast = checkKeys(options, ['sinceLast']).sinceLast ?? false;
  if (typeof sinceLast !== 'boolean') refuse('sinceLast', `must be true or false; received ${show(sinceLast)}.`);
  return { sinceLast };
}

/** Whether there is a rule of this id. */
export function isRuleId(id: unknown): boolean {
  return typeof id === 'string' && /^R(?:0[1-9]|[12]\d|3[0-7])$/.test(id);
}

/** A value as an error message shows it: short, and with its type. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return `${inspected(value)} (${Array.isArray(value) ? 'array' : typeof value})`;
}

function inspected(value: unknown): string {
  try {
    return inspect(value, { depth: 0, breakLength: Infinity }).slice(0, 80);
  } catch {
    // A value may bring its own inspect function, which may throw.
    return 'a value that cannot be shown';
  }
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
