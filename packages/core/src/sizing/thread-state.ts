import { readText } from '../base/read-file.js';

/**
 * State of a thread as the system reports it, and its processor time, ms. States are letters: R runs or waits for a core, S
 * sleeps, T is stopped.
 */
export interface ThreadState {
  readonly letter: string;
  readonly cpuMs: number;
}

/** A tick of the times in /proc: 10 ms on every architecture that Node runs on. */
const TICK_MS = 10;

/** The state of a thread of a process. Undefined when it has ended, and on systems other than Linux. */
export function threadState(pid: number | 'self', systemThreadId: number): ThreadState | undefined {
  const stat = readText(`/proc/${pid}/task/${systemThreadId}/stat`);
  return stat === undefined ? undefined : readStat(stat);
}

/** Parses a `stat` file in /proc, of a thread or of a process. */
export function readStat(stat: string): ThreadState {
  // The name, in parentheses, may hold anything. The fields after it start at the third; 14 and 15 are the times.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { letter: fields[0] ?? '', cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS };
}
