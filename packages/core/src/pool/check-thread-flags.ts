import { PoolError } from '../contract/errors.js';
import type { ResolvedOptions } from '../contract/resolve-options.js';
import { flagsRefused } from '../transport/thread-transport.js';

/**
 * Threads share V8 with their program, so Node gives them none of its flags.
 * @throws ERR_OPTION naming those that it would refuse
 */
export function checkThreadFlags({ kind, execArgv }: ResolvedOptions): void {
  if (kind !== 'thread' || execArgv === undefined || execArgv.length === 0) return;
  const refused = flagsRefused(execArgv);
  if (refused === '') return;
  const reason =
    `has what Node refuses to give to a thread: ${refused}. ` +
    'Limit memory with resourceLimits, give flags of V8 to the whole program, or use kind "process".';
  throw new PoolError('ERR_OPTION', { option: 'execArgv', reason });
}
