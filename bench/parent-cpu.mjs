// How much processor time has the program's own thread used?
import { readFileSync } from 'node:fs';

/**
 * Not that of the process, which holds the worker threads as well, and not the active time of its event loop, which goes on
 * while a hundred threads on two cores make it wait.
 */
export function parentCpuMs() {
  // From Node 23.9.
  if (process.threadCpuUsage) {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  }
  // Linux: the first number is nanoseconds on a processor. The first thread of a process has its id.
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
}
