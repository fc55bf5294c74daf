import type { EventLoopUtilization } from 'node:perf_hooks';
import { hostNowMs } from '../../base/clock.js';
import { GcMeter } from '../../base/gc-meter.js';
import { eventLoopUtilization } from '../../base/loop-use.js';
import { cpuUsage } from '../../base/natives.js';
import { ThreadClock, type ThreadTimes } from '../../base/thread-times.js';
import { getHeapStatistics } from '../../base/v8-natives.js';
import type { WorkerUsage } from '../../contract/profile-messages.js';
import { heapLimitBytes, ownBytes } from '../own-memory.js';
import type { ProfiledTasks } from './profiled-worker.js';
import type { TaskMeter } from './task-meter.js';

/** What a worker uses: its event loop, its core, its memory. Sums count from its construction. */
export class UsageMeter {
  readonly #sinceMs = hostNowMs();
  readonly #loop: EventLoopUtilization = eventLoopUtilization();
  readonly #clock = new ThreadClock();
  readonly #before: ThreadTimes = this.#clock.read();
  readonly #gc = new GcMeter(getHeapStatistics().used_heap_size);
  /** Processor time of the whole process before this, ms; null if it is not that of the worker. */
  readonly #processBeforeMs: number | null;
  readonly #limitBytes = heapLimitBytes();
  #longestMs = 0;
  #profilerMs = 0;

  /** @param ownsProcess whether the worker is the only one in its process */
  constructor(ownsProcess: boolean) {
    this.#processBeforeMs = ownsProcess ? processCpuMs() : null;
  }

  /** Notes the time between two turns of the loop. */
  turned(ms: number): void {
    if (ms > this.#longestMs) this.#longestMs = ms;
  }

  /** Notes own work for the profiler. */
  worked(ms: number): void {
    this.#profilerMs += Math.max(0, ms);
  }

  /** All sums up to now. */
  read(tasks: TaskMeter, uses: ProfiledTasks['uses']): WorkerUsage {
    const atMs = hostNowMs();
    const { active, idle } = eventLoopUtilization();
    const { cpuMs, runQueueMs } = this.#clock.read();
    const { used_heap_size: heapUsedBytes, external_memory: externalBytes } = getHeapStatistics();
    const loopDelayMaxMs = Math.max(this.#longestMs, tasks.takeLongestMs());
    this.#longestMs = 0;
    return {
      atMs,
      sinceMs: this.#sinceMs,
      // Differences can come out slightly negative (nodejs/node#40525).
      loopActiveMs: Math.max(0, active - this.#loop.active),
      loopIdleMs: Math.max(0, idle - this.#loop.idle),
      loopDelayMaxMs,
      cpuMs: since(this.#before.cpuMs, cpuMs),
      processCpuMs: this.#processBeforeMs === null ? null : since(this.#processBeforeMs, processCpuMs()),
      runQueueMs: since(this.#before.runQueueMs, runQueueMs),
      ...this.#gc.read(atMs, heapUsedBytes),
      heapUsedBytes,
      heapLimitBytes: this.#limitBytes,
      externalBytes,
      rssBytes: ownBytes(),
      decodeMs: tasks.decodeMs,
      encodeMs: tasks.encodeMs,
      profilerMs: this.#profilerMs,
      tasks: tasks.tasks(uses.map((use) => use.totals(atMs))),
    };
  }

  stop(): void {
    this.#gc.stop();
    this.#clock.close();
  }
}

function since(before: number | null, now: number | null): number | null {
  return before === null || now === null ? null : Math.max(0, now - before);
}

function processCpuMs(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1000;
}
