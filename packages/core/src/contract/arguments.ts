import { didYouMean } from '../base/nearest.js';
import { inspectBriefly } from './checks.js';
import { PoolError } from './errors.js';
import { EVENT_NAMES, type PoolEvents } from './events.js';
import type { PressureLevel } from './worker-module.js';

/** ERR_OPTION for an argument. @param phrase ends "must be …" */
export function wrongArgument(argument: string, phrase: string, value: unknown): PoolError<'ERR_OPTION'> {
  const reason = `must be ${phrase}; received ${inspectBriefly(value)}.`;
  return new PoolError('ERR_OPTION', { option: argument, reason, isArgument: true });
}

/** Refuses a value that cannot name a task. @throws ERR_OPTION */
export function checkTaskName(name: unknown): asserts name is string {
  if (typeof name !== 'string' || name === '') throw wrongArgument('name', 'the name of a handler', name);
}

/** Refuses inputs that a loop cannot pull. @throws ERR_OPTION */
export function checkInputs(inputs: unknown): void {
  const { [Symbol.iterator]: sync, [Symbol.asyncIterator]: async } = (inputs ?? {}) as Partial<
    Iterable<unknown> & AsyncIterable<unknown>
  >;
  if (typeof (async ?? sync) === 'function') return;
  throw wrongArgument('inputs', 'an iterable or an async iterable, such as an array or a stream', inputs);
}

/** Refuses a reason that cannot be shown. @throws ERR_OPTION */
export function checkReason(reason: unknown): void {
  if (typeof reason !== 'string' || reason === '') throw wrongArgument('reason', 'a non-empty string', reason);
}

const LEVELS: readonly unknown[] = ['elevated', 'high', 'critical'] satisfies PressureLevel[];

/** Refuses a level that no hook knows. @throws ERR_OPTION */
export function checkPressureLevel(level: unknown): void {
  if (!LEVELS.includes(level)) throw wrongArgument('level', 'one of "elevated", "high", "critical"', level);
}

/** Refuses unknown events, and listeners that cannot be called. @throws ERR_OPTION */
export function checkListener(event: unknown, listener: unknown): void {
  checkEvent(event);
  if (typeof listener !== 'function') throw wrongArgument('listener', 'a function', listener);
}

/** Refuses unknown events: a listener with a misspelt name would wait for ever. @throws ERR_OPTION */
export function checkEvent(event: unknown): asserts event is keyof PoolEvents {
  if (EVENT_NAMES.includes(event as keyof PoolEvents)) return;
  const reason = `must be one of ${EVENT_NAMES.join(', ')}; received ${inspectBriefly(event)}.${didYouMean(event, EVENT_NAMES)}`;
  throw new PoolError('ERR_OPTION', { option: 'event', reason, isArgument: true });
}

/** Refuses events that a task of `start` has not, and listeners that cannot be called. @throws ERR_OPTION */
export function checkCallListener(event: unknown, listener: unknown): void {
  if (event !== 'message' && event !== 'drain') throw wrongArgument('event', '"message" or "drain"', event);
  if (typeof listener !== 'function') throw wrongArgument('listener', 'a function', listener);
}
