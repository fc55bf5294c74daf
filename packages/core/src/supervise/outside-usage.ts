import { process, now } from '../base/natives.js';
import { readText } from '../base/read-file.js';

/** What the system tells of one process. */
export interface ProcessUsage {
  /** Processor time since its start, ms. */
  readonly cpuMs: number;
  readonly rssBytes: number;
}

/** A tick of the times in /proc: 10 ms on every architecture that Node runs on. */
const TICK_MS = 10;
const KIB = 1024;
/** Where a question costs more than reading two files, it is asked no more often. */
const ELSEWHERE_EVERY_MS = 1000;

/**
 * Asks the system about worker processes: a handler that computes or blocks for a minute lets its worker say nothing for
 * a minute. Where the answer is not there at once, one question at a time.
 */
export class OutsideUsage {
  readonly #told: (pid: number, usage: ProcessUsage) => void;
  #isAsking = false;
  #askedAtMs = -Infinity;

  constructor(told: (pid: number, usage: ProcessUsage) => void) {
    this.#told = told;
  }

  /** Asks about these, unless the last answer is still to come. */
  async look(pids: number[]): Promise<void> {
    if (this.#isAsking || pids.length === 0) return;
    // Not by pidusage: it keeps /proc/<pid>/stat open for as long as its `maxage`, and may close it twice, the second time
    // perhaps another file of the program that has got its number since.
    if (process.platform === 'linux') {
      for (const pid of pids) this.#tell(pid, readUsage(pid));
      return;
    }
    // There it starts a program.
    if (now() - this.#askedAtMs < ELSEWHERE_EVERY_MS) return;
    this.#askedAtMs = now();
    this.#isAsking = true;
    try {
      // Not before it is needed: a program that is done in a moment need not load it.
      const { default: pidusage } = await import('pidusage');
      const usages: Record<string, { ctime: number; memory: number } | undefined> = await pidusage(pids);
      for (const pid of pids) {
        const usage = usages[pid];
        this.#tell(pid, usage && { cpuMs: usage.ctime, rssBytes: usage.memory });
      }
    } catch {
      // All of them have ended in the meantime, or the system has no such thing. What workers say of themselves remains.
    } finally {
      this.#isAsking = false;
    }
  }

  #tell(pid: number, usage: ProcessUsage | undefined): void {
    if (usage !== undefined && Number.isFinite(usage.cpuMs) && Number.isFinite(usage.rssBytes)) this.#told(pid, usage);
  }
}

/** Undefined when it has ended. */
function readUsage(pid: number): ProcessUsage | undefined {
  const stat = readText(`/proc/${pid}/stat`) ?? '';
  // The name, in parentheses, may hold anything. After it come the fields from the third on; 14 and 15 are the times.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const rssKib = /^VmRSS:\s+(\d+) kB$/m.exec(readText(`/proc/${pid}/status`) ?? '')?.[1];
  // A zombie has no memory.
  if (rssKib === undefined) return undefined;
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS, rssBytes: Number(rssKib) * KIB };
}
