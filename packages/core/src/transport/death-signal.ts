import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

let found: { path: string | undefined } | undefined;

/**
 * The path of a setpriv that can make the kernel kill a child when its parent ends, even by SIGKILL, even if the child
 * is in an endless loop; undefined where there is none. Looked for once, which takes a few milliseconds.
 */
export function deathSignalTool(): string | undefined {
  found ??= { path: process.platform === 'linux' ? search() : undefined };
  return found.path;
}

function search(): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'setpriv');
    if (!isExecutable(path)) continue;
    // There are setprivs without --pdeathsig (BusyBox); what it cannot do here it could not do for a worker.
    const trial = spawnSync(path, ['--pdeathsig', 'KILL', process.execPath, '--version'], { stdio: 'ignore' });
    if (trial.status === 0) return path;
  }
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not in this folder.
    return false;
  }
}
