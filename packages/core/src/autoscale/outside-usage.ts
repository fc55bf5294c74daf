import { now, process } from '../base/natives.js';
import { readText } from '../base/read-file.js';
import { threadCpuMs } from '../sizing/thread-cpu.js';
import { readStat } from '../sizing/thread-state.js';
import { type Keeper, type Pace, SLOW_LOOK_MS } from './heartbeat.js';

/** The system's report of one process. */
export interface ProcessUsage {
  /** Processor time since its start, ms. */
  readonly cpuMs: number;
  readonly rssBytes: number;
}

const KIB = 1024;

/** A worker that can be asked about. */
export interface Watched {
  readonly pid: number | undefined;
  readonly metrics: { readonly systemThreadId: number | undefined; noteUsage(usage: Partial<ProcessUsage>): void };
  isSilent(nowMs: number): boolean;
}

/**
 * Asks the system about silent workers, since a handler may compute or block for a minute. Where the answer takes time, there
 * is one question at a time.
 */
export class OutsideUsage implements Keeper {
  readonly #kind: 'process' | 'thread';
  readonly #workers: () => Iterable<Watched>;
  #isAsking = false;
  #askedAtMs = -Infinity;

  /** @param workers every worker that has not ended */
  constructor(kind: 'process' | 'thread', workers: () => Iterable<Watched>) {
    this.#kind = kind;
    this.#workers = workers;
  }

  tick(nowMs: number): Pace {
    const silent = [...this.#workers()].filter((worker) => worker.isSilent(nowMs));
    if (this.#kind === 'process') void this.look(silent);
    else for (const { metrics } of silent) lookAtThread(metrics);
    return 'rest';
  }

  /** Asks about these processes, unless the last answer is still to come. */
  async look(workers: readonly Watched[]): Promise<void> {
    if (this.#isAsking || workers.length === 0) return;
    // pidusage is no good here: it keeps /proc/<pid>/stat open for as long as its `maxage`, and may close it twice. The
    // second close may hit another file of the program that has got its number since.
    if (process.platform === 'linux') {
      for (const worker of workers) if (worker.pid !== undefined) note(worker, readUsage(worker.pid));
      return;
    }
    // On other systems, a question starts a program.
    if (now() - this.#askedAtMs < SLOW_LOOK_MS) return;
    this.#askedAtMs = now();
    this.#isAsking = true;
    try {
      // Loaded when it is needed, because a short program need not load it.
      const { default: pidusage } = await import('pidusage');
      const pids = workers.map(({ pid }) => pid).filter((pid) => pid !== undefined);
      const usages: Record<string, { ctime: number; memory: number } | undefined> = await pidusage(pids);
      for (const worker of workers) {
        const usage = usages[worker.pid ?? ''];
        note(worker, usage && { cpuMs: usage.ctime, rssBytes: usage.memory });
      }
    } catch {
      // All of them have ended in the meantime, or the system cannot tell. The workers' own reports remain.
    } finally {
      this.#isAsking = false;
    }
  }
}

function note({ metrics }: Watched, usage: ProcessUsage | undefined): void {
  if (usage !== undefined && Number.isFinite(usage.cpuMs) && Number.isFinite(usage.rssBytes)) metrics.noteUsage(usage);
}

/** Memory of a thread is known only by its own reports. */
function lookAtThread(metrics: Watched['metrics']): void {
  const { systemThreadId } = metrics;
  const cpuMs = systemThreadId === undefined ? undefined : threadCpuMs(systemThreadId);
  if (cpuMs !== undefined) metrics.noteUsage({ cpuMs });
}

/** Undefined when it has ended. */
function readUsage(pid: number): ProcessUsage | undefined {
  const stat = readText(`/proc/${pid}/stat`) ?? '';
  const rssKib = /^VmRSS:\s+(\d+) kB$/m.exec(readText(`/proc/${pid}/status`) ?? '')?.[1];
  // A zombie has no memory.
  if (rssKib === undefined) return undefined;
  return { cpuMs: readStat(stat).cpuMs, rssBytes: Number(rssKib) * KIB };
}
