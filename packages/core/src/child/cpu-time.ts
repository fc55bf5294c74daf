import { isMainThread } from 'node:worker_threads';
import { cpuUsage, readFileSync, readlinkSync, threadCpuUsage } from '../base/natives.js';

/**
 * Processor time since the start of this worker, ms. For a process it covers all threads, the collector's included; for a thread,
 * only its own. Undefined where a thread cannot measure it.
 */
export function ownCpuMs(): number | undefined {
  if (isMainThread) return toMs(cpuUsage());
  return threadCpuUsage === undefined ? schedulerTimes()?.onCoreMs : toMs(threadCpuUsage());
}

/** Smallest reliable difference of `ownCpuMs`: Linux's own counters grow with the scheduler's tick, 1 to 10 ms. */
export function leastCpuMs(): number {
  return isMainThread || threadCpuUsage !== undefined ? 0.1 : 40;
}

/**
 * Time since its start for which this thread, which runs the event loop, waited for a core, ms. 0 where the system
 * does not measure it. Without it a loop that computes on a busy machine looks like one that blocks.
 */
export function waitedForCoreMs(): number {
  return schedulerTimes()?.waitedMs ?? 0;
}

function toMs({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}

/** Linux's counters of each thread: time on a core, and time it waited for one, ns. */
function schedulerTimes(): { onCoreMs: number; waitedMs: number } | undefined {
  try {
    const [onCore, waited] = readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ', 2).map(Number);
    return { onCoreMs: (onCore ?? 0) / 1e6, waitedMs: (waited ?? 0) / 1e6 };
  } catch {
    // Not Linux, or a kernel that does not count.
    return undefined;
  }
}

/** The system's own number of this thread, under which others can inspect it; undefined if unknown. */
export function systemThreadId(): number | undefined {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  } catch {
    // Not Linux.
    return undefined;
  }
}
