import { LINEAGE_VARIABLE, lineageOf } from '../base/lineage.js';
import { process } from '../base/natives.js';
import type { PoolOptions } from '../contract/options.js';
import type { SlotOptions } from '../contract/slot-options.js';
import { withoutInspector } from './node-flags.js';

type Variables = Record<string, string>;

/** Variables that 'clean' keeps: places and language. The last two are for Windows. */
const CLEAN = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'SystemRoot', 'TEMP'];

/**
 * The environment of a worker, without a prototype. Node passes inherited variables on to a process as well: code that writes
 * to Object.prototype would otherwise choose its NODE_OPTIONS.
 * @param slotEnv variables for its slot, which take precedence
 */
export function workerEnv(env: NonNullable<PoolOptions['env']>, slotEnv: SlotOptions['env'] = {}): Variables {
  const given = typeof env === 'object' ? env : process.env;
  const variables = Object.create(null) as Variables;
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || (env === 'clean' && !CLEAN.includes(name))) continue;
    variables[name] = value;
  }
  for (const [name, value] of Object.entries(slotEnv)) {
    if (value === undefined) delete variables[name];
    else variables[name] = value;
  }
  const { NODE_OPTIONS: flags } = variables;
  if (flags !== undefined) variables['NODE_OPTIONS'] = withoutInspector(flags);
  return variables;
}

/** The environment of a worker process: its own variables, and those that make it a worker. */
export function processEnv(
  env: NonNullable<PoolOptions['env']>,
  moduleUrl: string,
  slotEnv?: SlotOptions['env'],
): Variables {
  const variables = workerEnv(env, slotEnv);
  variables[LINEAGE_VARIABLE] = lineageOf(moduleUrl);
  // The executable of Electron is the application. With this variable it is Node.
  if (process.versions['electron'] !== undefined) variables['ELECTRON_RUN_AS_NODE'] = '1';
  return variables;
}
