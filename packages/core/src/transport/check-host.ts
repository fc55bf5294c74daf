import { getBuiltinModule, process } from '../base/natives.js';
import { tmpdir } from '../base/parent-natives.js';
import { PoolError } from '../contract/errors.js';
import type { PoolKind } from '../contract/options.js';
import { deathSignalTool } from './death-signal.js';

/** Node's permissions, `node --permission`; undefined if they are not in force. */
interface Permissions {
  has(scope: string, reference?: string): boolean;
}
const permissions = (): Permissions | undefined => (process as { permission?: Permissions }).permission;

/**
 * Refuses a kind of worker that this program can never start.
 * @param wantsGuard whether each worker process starts a thread in any case
 * @throws ERR_OPTION with the flags that the program needs, or the kind that works
 */
export function checkHost(kind: PoolKind, wantsGuard: boolean): void {
  const reason = (kind === 'process' ? singleExecutable() : undefined) ?? lacking(kind, wantsGuard);
  if (reason !== undefined) throw new PoolError('ERR_OPTION', { option: 'kind', reason });
}

/** Whether this program may not read a file, so that the file seems to be missing. */
export function isReadDenied(path: string): boolean {
  return permissions()?.has('fs.read', path) === false;
}

/** Most programs run without permissions, and then nothing is looked up: it takes 1.4 ms of processor time. */
function lacking(kind: PoolKind, wantsGuard: boolean): string | undefined {
  if (kind === 'inline' || permissions() === undefined) return undefined;
  return missing(kind, flagsMissing(kind === 'process' ? processNeeds(wantsGuard) : [['worker', '--allow-worker']]));
}

type Need = readonly [scope: string, flag: string, reference?: string];

function processNeeds(wantsGuard: boolean): Need[] {
  const needs: Need[] = [['child', '--allow-child-process']];
  const first = process.platform === 'linux' ? '/dev/shm' : tmpdir();
  const folder = [first, tmpdir()].find((each) => permissions()?.has('fs.write', each)) ?? first;
  // Files there are opened for reading and writing.
  needs.push(['fs.write', `--allow-fs-write=${folder}`, folder], ['fs.read', `--allow-fs-read=${folder}`, folder]);
  // From Node 25 on, the link to the parent needs a permission too, since it is a socket.
  if (process.allowedNodeEnvironmentFlags.has('--allow-net')) needs.push(['net', '--allow-net']);
  if (wantsGuard || deathSignalTool() === undefined) needs.push(['worker', '--allow-worker']);
  return needs;
}

function flagsMissing(needs: readonly Need[]): string[] {
  const granted = permissions();
  if (granted === undefined) return [];
  return needs.filter(([scope, , reference]) => !granted.has(scope, reference)).map(([, flag]) => flag);
}

function missing(kind: 'process' | 'thread', flags: readonly string[]): string | undefined {
  if (flags.length === 0) return undefined;
  const other =
    kind === 'thread'
      ? `kind "inline", which starts no worker`
      : `kind "thread", which needs ${flagsMissing([['worker', '--allow-worker']])[0] ?? 'no more permission'}`;
  return (
    `is "${kind}", for which this program lacks permission: it runs under Node's permission model. ` +
    `Start it with ${flags.join(' ')}, or use ${other}.`
  );
}

/** A single executable application is no Node: it runs itself, whatever file it is given. */
function singleExecutable(): string | undefined {
  const sea = getBuiltinModule('node:sea') as { isSea(): boolean } | undefined;
  if (sea?.isSea() !== true) return undefined;
  return (
    `is "process", but ${process.execPath} is a single executable application: started as a worker it would run itself ` +
    'again, not Node. Use kind "thread".'
  );
}
