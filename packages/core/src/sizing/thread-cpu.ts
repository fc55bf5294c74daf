import { readText } from '../base/read-file.js';

/** Processor time of a thread of this process since its start, ms, as Linux tells it; undefined elsewhere, or when it has ended. */
export function threadCpuMs(systemThreadId: number): number | undefined {
  const text = readText(`/proc/self/task/${systemThreadId}/schedstat`);
  return text === undefined ? undefined : Number(text.split(' ', 1)[0]) / 1e6;
}
