import type { BroadcastOptions, CloseOptions, MapOptions, RunOptions } from './call-options.js';
import { checkShape, ownOptions } from './checks.js';
import { PoolError } from './errors.js';
import { BROADCAST, CLOSE, MAP, POOL, RUN_ONE, TASK } from './option-shapes.js';
import type { PoolKind, PoolOptions, TaskOptions } from './options.js';

// Decides which options are refused. The values of the others come from resolve-options.ts.

/**
 * Checks the options of a pool, alone and against each other, and returns a copy of their own properties.
 * @param usualKind kind of a pool whose options name none
 * @throws ERR_OPTION
 */
export function checkPoolOptions(given: PoolOptions, usualKind: PoolKind): PoolOptions {
  checkShape(given, POOL);
  const options = ownOptions(given, POOL);
  const { workers, kind = usualKind, resourceLimits, execArgv, inspect } = options;
  if (typeof workers === 'object' && (workers.min ?? 0) > (workers.max ?? Infinity)) {
    throw optionError('workers', `has min ${workers.min} above max ${workers.max}.`);
  }
  if (resourceLimits !== undefined && kind !== 'thread') {
    throw optionError(
      'resourceLimits',
      'works only with kind "thread"; give processes execArgv: ["--max-old-space-size=…"].',
    );
  }
  if (kind === 'inline' && execArgv !== undefined) {
    throw optionError('execArgv', 'has no meaning for kind "inline", which starts no worker.');
  }
  if (inspect === true && kind !== 'process') {
    const reason =
      `works only with kind "process". Kind "${kind}" runs in this process: start it with \`node --inspect\`, ` +
      'and its inspector shows the handlers.';
    throw optionError('inspect', reason);
  }
  return options;
}

/** Checks the settings of one task name, and returns a copy of their own properties. @throws ERR_OPTION naming them by `path` */
export function checkTaskOptions(options: TaskOptions, path: string): TaskOptions {
  checkShape(options, TASK, path);
  return ownOptions(options, TASK);
}

/** Checks the options of one call, and returns a copy of their own properties. @throws ERR_OPTION */
export function checkRunOptions(options: RunOptions): RunOptions {
  checkShape(options, RUN_ONE);
  return ownOptions(options, RUN_ONE);
}

/** Checks the options of `map`, and returns a copy of their own properties. @throws ERR_OPTION */
export function checkMapOptions(options: MapOptions): MapOptions {
  checkShape(options, MAP);
  return ownOptions(options, MAP);
}

/** Checks the options of `broadcast`, and returns a copy of their own properties. @throws ERR_OPTION */
export function checkBroadcastOptions(options: BroadcastOptions): BroadcastOptions {
  checkShape(options, BROADCAST);
  return ownOptions(options, BROADCAST);
}

/** Checks the options of `close`. @throws ERR_OPTION */
export function checkCloseOptions(options: CloseOptions): void {
  checkShape(options, CLOSE);
}

/** ERR_OPTION for one option. @param reason ends the sentence that the option's name begins */
export function optionError(option: string, reason: string): PoolError<'ERR_OPTION'> {
  return new PoolError('ERR_OPTION', { option, reason });
}
