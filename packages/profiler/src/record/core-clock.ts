import { cpus } from 'node:os';
import { ThreadClock, usableCores } from '@millpond/core/internal';
import { cpuUsage } from '../natives.js';

/** Processor time since the clock was made, ms. */
export interface CoreTimes {
  /** All threads of this process: with thread workers, libuv's pool and V8's helpers. */
  processMs: number;
  /** This thread alone; null where that is unknown. */
  threadMs: number | null;
  /** All programs on all cores of this machine; null where that is unknown. */
  machineMs: number | null;
}

/** The system counts in ticks of 10 ms a core, so a short stretch says nothing. */
const LEAST_MS = 500;
/** Busy and idle times together must cover the stretch, up to this part. Some sandboxes show zeros. */
const SLACK = 0.2;

/** Reads who used the cores. A program that may not use all of them cannot tell from these counts how free its own are. */
export class CoreClock {
  readonly #startProcessMs = processMs();
  readonly #start = machineTimes();
  readonly #thread = new ThreadClock();
  readonly #startThreadMs = this.#thread.read().cpuMs;

  /** @param wallMs time since it was made */
  read(wallMs: number): CoreTimes {
    const now = machineTimes();
    const busyMs = now.busyMs - this.#start.busyMs;
    const allMs = busyMs + now.idleMs - this.#start.idleMs;
    const cores = usableCores();
    const isWhole = now.cores === cores && Math.abs(allMs - wallMs * cores) <= SLACK * wallMs * cores;
    const threadMs = this.#thread.read().cpuMs;
    return {
      processMs: processMs() - this.#startProcessMs,
      threadMs: threadMs === null || this.#startThreadMs === null ? null : threadMs - this.#startThreadMs,
      machineMs: wallMs >= LEAST_MS && isWhole ? Math.max(0, busyMs) : null,
    };
  }

  close(): void {
    this.#thread.close();
  }
}

function processMs(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1000;
}

function machineTimes(): { cores: number; busyMs: number; idleMs: number } {
  const all = cpus();
  let [busyMs, idleMs] = [0, 0];
  for (const { times } of all) {
    busyMs += times.user + times.nice + times.sys + times.irq;
    idleMs += times.idle;
  }
  return { cores: all.length, busyMs, idleMs };
}
