// Finds the processes that a probe leaves behind: all that inherited its marker.
import { readdirSync, readFileSync } from 'node:fs';

export const MARKER = 'FAULTS_PROBE';

/** Linux only. Zombies are dead and are not counted. @returns process ids */
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
      // The process has ended meanwhile.
    }
  }
}

function isMarked(pid, probe) {
  return read(pid, 'environ').split('\0').includes(`${MARKER}=${probe}`);
}

function isZombie(pid) {
  return / [ZX] /.test(read(pid, 'stat').replace(/^.*\)/s, ''));
}

/** A process may end after it was listed, or belong to another user. */
function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
