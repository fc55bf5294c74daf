import { readText } from '../base/read-file.js';

/** What the system says of a thread: its state as a letter (R runs or waits for a core, S sleeps, T is stopped), and its processor time, ms. */
export interface ThreadState {
  readonly letter: string;
  readonly cpuMs: number;
}

/** A tick of the times in /proc: 10 ms on every architecture that Node runs on. */
const TICK_MS = 10;

/** The state of a thread of a process, as Linux tells it; undefined elsewhere, or when it has ended. */
export function threadState(pid: number | 'self', systemThreadId: number): ThreadState | undefined {
  const stat = readText(`/proc/${pid}/task/${systemThreadId}/stat`);
  return stat === undefined ? undefined : readStat(stat);
}

/** What a `stat` file in /proc says, of a thread or of a process. */
export function readStat(stat: string): ThreadState {
  // The name, in parentheses, may hold anything. After it come the fields from the third on; 14 and 15 are the times.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { letter: fields[0] ?? '', cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS };
}
