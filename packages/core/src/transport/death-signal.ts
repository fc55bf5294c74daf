import { constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { accessSync, process, readFileSync } from '../base/natives.js';
import { spawnSync } from '../base/parent-natives.js';
import { isThere } from '../base/read-file.js';

let found: { path: string | undefined } | undefined;
let wasTried = false;
/** Longest trial of the tool, which takes 4 ms. A tool that hangs is ended, since the program does nothing else meanwhile. */
const TRIAL_MS = 1000;

/**
 * The path of a setpriv that can make the kernel kill a child when its parent ends. That holds even for SIGKILL, and for a child in
 * an endless loop. Undefined if there is none. Searched once.
 *
 * The tool is not tried before use: that would delay the first worker by 4 ms, and all others too. See `doubtDeathSignal`.
 */
export function deathSignalTool(): string | undefined {
  found ??= { path: process.platform === 'linux' ? search() : undefined };
  return found.path;
}

/**
 * Called when a worker that was started with the tool ended without a word. Tries the tool alone, once. If the tool was the cause,
 * it is not used again, and the next start succeeds.
 */
export function doubtDeathSignal(tool: string): void {
  if (wasTried) return;
  wasTried = true;
  // A tool that cannot do it to itself could not do it to a worker.
  const trial = spawnSync(tool, ['--pdeathsig', 'KILL', tool, '--version'], {
    stdio: 'ignore',
    timeout: TRIAL_MS,
  });
  if (trial.status !== 0) found = { path: undefined };
}

function search(): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'setpriv');
    // Checked first: an error for each folder without the tool would take most of the search.
    if (isThere(path) && knowsDeathSignal(path)) return path;
  }
  return undefined;
}

/** Some setprivs have no --pdeathsig (BusyBox). Reading the file takes 0.1 ms, a run of it several. */
function knowsDeathSignal(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return readFileSync(path).includes('pdeathsig');
  } catch {
    // This program may not run it.
    return false;
  }
}
