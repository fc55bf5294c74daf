// Processor time that the program's own thread has used.
import { readFileSync } from 'node:fs';

/**
 * The time of the process would include the worker threads. The active time of the event loop would include waits for a core,
 * which are long beside a hundred threads.
 */
export function parentCpuMs() {
  // From Node 23.9.
  if (process.threadCpuUsage) {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  }
  // Linux: the first number is nanoseconds on a processor. The first thread of a process has the process's id.
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
}
