import type { EventLoopUtilization } from 'node:perf_hooks';
import { hostNowMs } from '../../base/clock.js';
import { GcMeter } from '../../base/gc-meter.js';
import { eventLoopUtilization, LoopActivity, type LoopSums } from '../../base/loop-use.js';
import { cpuUsage, monitorEventLoopDelay } from '../../base/natives.js';
import { ThreadClock, type ThreadTimes } from '../../base/thread-times.js';
import { getHeapStatistics } from '../../base/v8-natives.js';
import type { WorkerUsage } from '../../contract/profile-messages.js';
import type { TaskUseTotals } from '../../wire/messages.js';
import { heapLimitBytes, ownBytes } from '../own-memory.js';
import type { ProfiledTasks } from './profiled-worker.js';
import type { TaskMeter } from './task-meter.js';

/** Resolution of Node's own delay monitor. A finer one would wake the loop more often. */
const DELAY_RESOLUTION_MS = 20;
const NS_PER_MS = 1e6;

/** What a worker uses: its event loop, its core, its memory. Sums count from its construction. */
export class UsageMeter {
  readonly #sinceMs = hostNowMs();
  readonly #loop: EventLoopUtilization = eventLoopUtilization();
  readonly #clock = new ThreadClock();
  readonly #before: ThreadTimes = this.#clock.read();
  readonly #activity: LoopActivity;
  readonly #gc = new GcMeter(getHeapStatistics().used_heap_size);
  /** Processor time of the whole process before this, ms; null if it is not that of the worker. */
  readonly #processBeforeMs: number | null;
  readonly #limitBytes = heapLimitBytes();
  readonly #delays = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  #profilerMs = 0;

  /** @param ownsProcess whether the worker is the only one in its process @param uses of its handlers, up to now */
  constructor(ownsProcess: boolean, uses: readonly TaskUseTotals[]) {
    this.#activity = new LoopActivity(loopSums(this.#loop, this.#before, uses));
    this.#processBeforeMs = ownsProcess ? processCpuMs() : null;
    this.watch(true);
  }

  /** Whether it watches for delays of the event loop, which takes a timer of Node's own. */
  watch(isOn: boolean): void {
    if (isOn) this.#delays.enable();
    else this.#delays.disable();
  }

  /** Notes own work for the profiler. */
  worked(ms: number): void {
    this.#profilerMs += Math.max(0, ms);
  }

  /** All sums up to now. @param isSampled whether a sampler ran in this thread since the last call */
  read(tasks: TaskMeter, uses: ProfiledTasks['uses'], isSampled: boolean): WorkerUsage {
    const atMs = hostNowMs();
    const loop = eventLoopUtilization();
    const times = this.#clock.read();
    const { cpuMs, runQueueMs } = times;
    const totals = uses.map((use) => use.totals(atMs));
    const loopActiveMs = this.#activity.read(loopSums(loop, times, totals), isSampled);
    const { used_heap_size: heapUsedBytes, external_memory: externalBytes } = getHeapStatistics();
    // The monitor counts its own period as delay.
    const delayMs = this.#delays.max / NS_PER_MS - DELAY_RESOLUTION_MS;
    this.#delays.reset();
    const loopDelayMaxMs = Math.max(0, delayMs, tasks.takeLongestMs());
    return {
      atMs,
      sinceMs: this.#sinceMs,
      loopActiveMs,
      // Differences can come out slightly negative (nodejs/node#40525).
      loopIdleMs: Math.max(0, loop.active + loop.idle - this.#loop.active - this.#loop.idle - loopActiveMs),
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
      tasks: tasks.tasks(totals),
    };
  }

  stop(): void {
    this.watch(false);
    this.#gc.stop();
    this.#clock.close();
  }
}

function loopSums(
  { active }: EventLoopUtilization,
  { cpuMs, runQueueMs }: ThreadTimes,
  uses: readonly TaskUseTotals[],
): LoopSums {
  return {
    activeMs: active,
    readyMs: cpuMs === null ? null : cpuMs + (runQueueMs ?? 0),
    calledMs: uses.reduce((sum, { calledMs }) => sum + calledMs, 0),
  };
}

function since(before: number | null, now: number | null): number | null {
  return before === null || now === null ? null : Math.max(0, now - before);
}

function processCpuMs(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1000;
}
