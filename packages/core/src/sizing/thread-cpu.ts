import { readText } from '../base/read-file.js';

/**
 * Processor time in ms of a thread of this process since its start. Undefined when it has ended, and on systems other than
 * Linux.
 */
export function threadCpuMs(systemThreadId: number): number | undefined {
  const text = readText(`/proc/self/task/${systemThreadId}/schedstat`);
  return text === undefined ? undefined : Number(text.split(' ', 1)[0]) / 1e6;
}
