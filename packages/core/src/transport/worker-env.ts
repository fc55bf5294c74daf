import { process } from '../base/natives.js';
import type { PoolOptions } from '../contract/options.js';

/** What 'clean' keeps: where things are and how to speak. The last two are for Windows. */
const CLEAN = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'SystemRoot', 'TEMP'];

/** The environment of a worker. */
export function workerEnv(env: NonNullable<PoolOptions['env']>): NodeJS.ProcessEnv {
  if (env === 'inherit') return process.env;
  if (env !== 'clean') return env;
  return Object.fromEntries(CLEAN.filter((name) => name in process.env).map((name) => [name, process.env[name]]));
}
