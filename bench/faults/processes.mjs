// Which processes does a probe leave behind? All that inherited its marker are its own.
import { readFileSync, readdirSync } from 'node:fs';

export const MARKER = 'FAULTS_PROBE';

/** Linux only. Zombies are dead and not counted. @returns process ids */
export function processesOf(probe) {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && isMarked(entry, probe) && !isZombie(entry))
    .map(Number);
}

export function killProcessesOf(probe) {
  for (const pid of processesOf(probe)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It was faster.
    }
  }
}

function isMarked(pid, probe) {
  return read(pid, 'environ').split('\0').includes(`${MARKER}=${probe}`);
}

function isZombie(pid) {
  return / [ZX] /.test(read(pid, 'stat').replace(/^.*\)/s, ''));
}

/** A process may end between the list and the look, or belong to another user. */
function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
