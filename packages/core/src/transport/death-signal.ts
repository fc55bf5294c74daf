import { spawnSync } from '../base/parent-natives.js';
import { constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { accessSync, process, readFileSync } from '../base/natives.js';
import { isThere } from '../base/read-file.js';

let found: { path: string | undefined } | undefined;
let wasTried = false;
/** It takes 4 ms. The program does nothing else meanwhile, so one that hangs is ended. */
const TRIAL_MS = 1000;

/**
 * The path of a setpriv that can make the kernel kill a child when its parent ends, even by SIGKILL, even if the child
 * is in an endless loop; undefined where there is none. Looked for once.
 *
 * Not tried before it is used: that would hold up the first worker by 4 ms, and all others too. See `doubtDeathSignal`.
 */
export function deathSignalTool(): string | undefined {
  found ??= { path: process.platform === 'linux' ? search() : undefined };
  return found.path;
}

/**
 * A worker that was started with the tool ended without a word. Tries the tool alone, once, and does without it from
 * then on if it was the tool's doing: the next start succeeds.
 */
export function doubtDeathSignal(tool: string): void {
  if (wasTried) return;
  wasTried = true;
  // What it cannot do to itself it could not do to a worker.
  const trial = spawnSync(tool, ['--pdeathsig', 'KILL', tool, '--version'], {
    stdio: 'ignore',
    timeout: TRIAL_MS,
  });
  if (trial.status !== 0) found = { path: undefined };
}

function search(): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'setpriv');
    // An error for each folder without one would take most of the search.
    if (isThere(path) && knowsDeathSignal(path)) return path;
  }
  return undefined;
}

/** There are setprivs without --pdeathsig (BusyBox). To read the file takes 0.1 ms, to ask it several. */
function knowsDeathSignal(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return readFileSync(path).includes('pdeathsig');
  } catch {
    // Not for us to run.
    return false;
  }
}
