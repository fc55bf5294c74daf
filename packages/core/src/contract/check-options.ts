import { process } from '../base/natives.js';
import type {
  BroadcastOptions,
  CloseOptions,
  MapOptions,
  RunOptions,
  StartOptions,
  StreamOptions,
} from './call-options.js';
import type { CallableOptions } from './callable-options.js';
import { checkBatchSize } from './check-batch.js';
import { checkShape, ownOptions, type Shape } from './checks.js';
import { PoolError } from './errors.js';
import { BROADCAST, CALLABLE, CLOSE, MAP, POOL, RELIEF, RUN_ONE, START, STATS, STREAM, TASK } from './option-shapes.js';
import type { PoolKind, PoolOptions } from './options.js';
import type { ReliefOptions } from './relief.js';
import { checkShaping } from './resolve-shaping.js';
import type { TaskOptions } from './task-options.js';
import type { StatsOptions } from './window-stats.js';

const NOT_IDEMPOTENT = 'needs idempotent: true, because it calls the handler of one task several times.';

// Decides which options are refused. The values of the others come from resolve-options.ts.

/**
 * Checks the options of a pool, alone and against each other, and returns a copy of their own properties.
 * @param usualKind kind of a pool whose options name none
 * @throws ERR_OPTION
 */
export function checkPoolOptions(given: PoolOptions, usualKind: PoolKind): PoolOptions {
  checkShape(given, POOL);
  const options = ownOptions(given, POOL);
  const { workers, kind = usualKind, resourceLimits, execArgv, inspect, nice = 0 } = options;
  if (typeof workers === 'object' && (workers.min ?? 0) > (workers.max ?? Infinity)) {
    throw optionError('workers', `has min ${workers.min} above max ${workers.max}.`);
  }
  if (resourceLimits !== undefined && kind !== 'thread') {
    throw optionError(
      'resourceLimits',
      'works only with kind "thread"; give processes execArgv: ["--max-old-space-size=…"].',
    );
  }
  if (kind === 'inline' && options.perSlot !== undefined) {
    throw optionError('perSlot', 'has no meaning for kind "inline", which starts no worker.');
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
  if (nice > 0 && (kind === 'inline' || (kind === 'thread' && process.platform !== 'linux'))) {
    const reason =
      kind === 'inline'
        ? 'has no meaning for kind "inline", which starts no worker.'
        : 'needs Linux for threads: elsewhere it would lower the priority of the whole program. Use kind "process".';
    throw optionError('nice', reason);
  }
  checkBreaker(options.breaker, 'breaker');
  return options;
}

/** Checks the settings of one task name, and returns a copy of their own properties. @throws ERR_OPTION naming them by `path` */
export function checkTaskOptions(options: TaskOptions, path: string): TaskOptions {
  checkShape(options, TASK, path);
  checkBreaker(options.breaker, `${path}.breaker`);
  if (options.hedge !== undefined && options.idempotent !== true) throw optionError(`${path}.hedge`, NOT_IDEMPOTENT);
  if (options.throttle ?? options.debounce) checkShaping(options, path);
  if (options.batch !== undefined) checkBatchSize(options.batch, `${path}.batch`);
  return ownOptions(options, TASK);
}

/** Refuses rules that contradict each other. @throws ERR_OPTION */
export function checkBreaker(breaker: TaskOptions['breaker'], path: string): void {
  if (breaker === undefined || breaker === false) return;
  const { slowShare, slowMs, openMs, maxOpenMs } = breaker;
  if (slowShare !== undefined && slowMs === undefined) {
    throw optionError(`${path}.slowShare`, 'needs slowMs, the execution time from which a call is slow.');
  }
  if (maxOpenMs !== undefined && maxOpenMs < (openMs ?? maxOpenMs)) {
    throw optionError(`${path}.maxOpenMs`, `is ${maxOpenMs}, below openMs ${openMs}.`);
  }
}

/** Checks the options of a callable, and returns a copy of their own properties. @throws ERR_OPTION */
export function checkCallableOptions(options: CallableOptions, path: string): CallableOptions {
  checkShape(options, CALLABLE, path);
  checkBreaker(options.breaker, `${path}.breaker`);
  if (options.throttle ?? options.debounce) checkShaping(options, path);
  if (options.batch !== undefined) checkBatchSize(options.batch, `${path}.batch`);
  return ownOptions(options, CALLABLE);
}

/**
 * Refuses options of a callable that do not fit to what its task name has.
 * @param settings its own over those of the name
 * @throws ERR_OPTION
 */
export function checkCallableSettings(
  own: CallableOptions,
  { idempotent }: { idempotent: boolean },
  path: string,
): void {
  if (own.hedge !== undefined && !idempotent) throw optionError(`${path}.hedge`, NOT_IDEMPOTENT);
}

/** Checks the options of one call, and returns a copy of their own properties. @throws ERR_OPTION */
export const checkRunOptions = checkOf<RunOptions>(RUN_ONE);
/** The same for `map`. */
export const checkMapOptions = checkOf<MapOptions>(MAP);
/** The same for `stream`. */
export const checkStreamOptions = checkOf<StreamOptions>(STREAM);
/** The same for `start`. */
export const checkStartOptions = checkOf<StartOptions>(START);
/** The same for `broadcast`. */
export const checkBroadcastOptions = checkOf<BroadcastOptions>(BROADCAST);
/** The same for `close`. */
export const checkCloseOptions = checkOf<CloseOptions>(CLOSE);
/** The same for `stats`. */
export const checkStatsOptions = checkOf<StatsOptions>(STATS);
/** The same for `relieve`. */
export const checkReliefOptions = checkOf<ReliefOptions>(RELIEF);

function checkOf<O extends object>(shape: Shape): (options: O) => O {
  return (options) => {
    checkShape(options, shape);
    return ownOptions(options, shape);
  };
}

/** ERR_OPTION for one option. @param reason ends the sentence that the option's name begins */
export function optionError(option: string, reason: string): PoolError<'ERR_OPTION'> {
  return new PoolError('ERR_OPTION', { option, reason });
}
