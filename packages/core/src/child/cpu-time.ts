import { isMainThread } from 'node:worker_threads';
import { cpuUsage, readFileSync, readlinkSync, threadCpuUsage } from '../base/natives.js';

/**
 * Processor time since the start of this worker, ms: of a process with all its threads, the collector's included; of a
 * thread its own. Undefined where a thread cannot tell.
 */
export function ownCpuMs(): number | undefined {
  if (isMainThread) return toMs(cpuUsage());
  return threadCpuUsage === undefined ? schedulerTimes()?.onCoreMs : toMs(threadCpuUsage());
}

/** Differences of `ownCpuMs` below this are not to be trusted: what Linux keeps by itself grows with the scheduler's tick, 1 to 10 ms. */
export function leastCpuMs(): number {
  return isMainThread || threadCpuUsage !== undefined ? 0.1 : 40;
}

/**
 * Time since its start for which this thread, which runs the event loop, could have run and got no core, ms; 0 where the
 * system does not tell. Without it a loop that computes on a busy machine looks like one that blocks.
 */
export function waitedForCoreMs(): number {
  return schedulerTimes()?.waitedMs ?? 0;
}

function toMs({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}

/** What Linux keeps for each thread: time on a core, and time it waited for one, ns. */
function schedulerTimes(): { onCoreMs: number; waitedMs: number } | undefined {
  try {
    const [onCore, waited] = readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ', 2).map(Number);
    return { onCoreMs: (onCore ?? 0) / 1e6, waitedMs: (waited ?? 0) / 1e6 };
  } catch {
    // Not Linux, or a kernel that does not count.
    return undefined;
  }
}

/** The system's own number of this thread, by which others can ask about it; undefined where that is not known. */
export function systemThreadId(): number | undefined {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  } catch {
    // Not Linux.
    return undefined;
  }
}
