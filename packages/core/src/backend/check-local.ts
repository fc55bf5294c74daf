import { GIVEN_OBJECT } from '../base/module-file.js';
import { process } from '../base/natives.js';
import { PoolError } from '../contract/errors.js';
import type { ResolvedOptions } from '../contract/resolved-options.js';
import { checkHost } from '../transport/check-host.js';
import { loaderFlags } from '../transport/node-flags.js';
import { flagsRefused } from '../transport/thread-transport.js';
import { checkNesting } from './nesting.js';

/** Refuses options with which no worker of this machine could start, before one is started. @throws ERR_OPTION */
export function checkLocal(moduleUrl: string, options: ResolvedOptions): void {
  const { kind, timeoutStack, execArgv } = options;
  // An object loads nothing, so it makes no pool by that.
  if (moduleUrl !== GIVEN_OBJECT) checkNesting(moduleUrl);
  checkHost(kind, timeoutStack);
  if (kind !== 'inline') loaderFlags(moduleUrl, [...(execArgv ?? process.execArgv), process.env['NODE_OPTIONS'] ?? '']);
  if (kind === 'thread' && execArgv !== undefined && execArgv.length > 0) checkThreadFlags(execArgv);
}

/** Threads share V8 with their program, so Node gives them none of its flags. */
function checkThreadFlags(execArgv: readonly string[]): void {
  const refused = flagsRefused(execArgv);
  if (refused === '') return;
  const reason =
    `has what Node refuses to give to a thread: ${refused}. ` +
    'Limit memory with resourceLimits, give flags of V8 to the whole program, or use kind "process".';
  throw new PoolError('ERR_OPTION', { option: 'execArgv', reason });
}
