import { Buffer, closeSync, openSync, readSync, threadCpuUsage } from './natives.js';

/** Times of one thread; null where the system does not count them. */
export interface ThreadTimes {
  cpuMs: number | null;
  /** Time for which it was ready to run and had no core. */
  runQueueMs: number | null;
}

/** Bytes of the file: three numbers of 20 digits at most. */
const MOST_BYTES = 64;

/**
 * Processor time of this thread. Linux's file is opened once and read again: a read takes 1 µs, and an open ten. Its numbers grow
 * with the scheduler's tick, so Node's own count of processor time comes first where there is one.
 */
export class ThreadClock {
  readonly #bytes = Buffer.alloc(MOST_BYTES);
  #fd = openQuietly('/proc/thread-self/schedstat');

  read(): ThreadTimes {
    const times = this.#fromFile();
    if (threadCpuUsage === undefined) return times;
    const { user, system } = threadCpuUsage();
    return { ...times, cpuMs: (user + system) / 1000 };
  }

  close(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd === undefined) return;
    try {
      closeSync(fd);
    } catch {
      // A handler has closed it.
    }
  }

  #fromFile(): ThreadTimes {
    if (this.#fd === undefined) return { cpuMs: null, runQueueMs: null };
    try {
      const length = readSync(this.#fd, this.#bytes, 0, MOST_BYTES, 0);
      const [onCore = NaN, waited = NaN] = this.#bytes.toString('latin1', 0, length).trim().split(' ').map(Number);
      if (!Number.isFinite(onCore + waited)) throw new RangeError('no numbers');
      return { cpuMs: onCore / 1e6, runQueueMs: waited / 1e6 };
    } catch {
      // A handler has closed it, and the number may be that of another file now.
      this.#fd = undefined;
      return { cpuMs: null, runQueueMs: null };
    }
  }
}

function openQuietly(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    // Not Linux, or a kernel that does not count.
    return undefined;
  }
}
