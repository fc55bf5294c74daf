import type { Clock } from '../base/clock.js';
import { debugLog } from '../base/debug-log.js';
import { residentBytes } from '../base/resident-bytes.js';
import { getHeapStatistics } from '../base/v8-natives.js';
import type { MemoryLevel, PoolEvents } from '../contract/events.js';
import type { ResolvedOptions } from '../contract/resolved-options.js';
import type { MemoryStats } from '../contract/stats.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { mayKill } from '../sizing/governor.js';
import { heapLimitMb } from '../sizing/heap-limit.js';
import { rulesOf } from '../sizing/memory-level.js';
import type { MemoryReading, OwnMemory } from '../sizing/memory-reading.js';
import { chooseToKill, chooseToRelieve, isHeapNearlyFull } from '../sizing/memory-relief.js';
import { MemoryCourse } from '../sizing/memory-trend.js';
import type { Supervisor } from '../supervise/supervisor.js';
import type { Task } from '../task/task.js';
import { GROWTH_LOOK_MS, REPORT_GROWTH_BYTES } from '../wire/pace.js';
import type { Worker } from '../worker/worker.js';
import { MemoryWatch } from './memory-watch.js';

export interface MemoryGuardParts {
  clock: Clock;
  options: ResolvedOptions;
  supervisor: Supervisor<Worker>;
  dispatcher: Dispatcher;
  /** Number of spares while memory is plentiful. */
  spares(): number;
  readMemory(own: OwnMemory): MemoryReading | undefined;
  /** Reports that memory is short: the pool drops what can be computed again. */
  memoryShort(): void;
  emit<E extends keyof PoolEvents>(event: E, ...args: Parameters<PoolEvents[E]>): void;
}

/**
 * After a kill, its memory has to come back before the next judgement. A killed process of 1 GiB had ended after 64 ms, one
 * of 256 MiB after 19 ms. So a second is enough for 16 GiB, and half for 8.
 */
const AFTER_KILL_MS = 1000;
/**
 * Growth between two reports that may make memory short before the next beat. It is half of what a worker reports at once, since a
 * collection may hide the rest. At double, a small collection would hide such a report. At half, there would only be more readings.
 */
const GROWN_BYTES = REPORT_GROWTH_BYTES / 2;

/**
 * Time that a replaced worker has for its teardown. A worker that goes for another reason has longer, because others wait for
 * this one from critical on.
 */
const STOP_WITHIN_MS = 2000;

const log = debugLog('memory');

/** Acts for a pool when memory becomes short; see memory-level.ts for what each level asks for. */
export class MemoryGuard {
  readonly watch: MemoryWatch;
  readonly #parts: MemoryGuardParts;
  readonly #course = new MemoryCourse();

  constructor(parts: MemoryGuardParts) {
    this.#parts = parts;
    const { supervisor, dispatcher } = parts;
    this.watch = new MemoryWatch({
      read: () => this.#read(),
      workerBytes: () => supervisor.staying().map(({ metrics }) => metrics.rssBytes),
      workers: () => supervisor.staying().length,
      changed: (from, to, reading) => this.#onChanged(from, to, reading),
      hold: (working) => dispatcher.limitWorking(this.#isComingBack() ? 0 : working),
      relieve: (level) => this.#relieve(level),
      kill: () => this.#kill(),
    });
  }

  /** Takes a worker's report of its memory. If it has grown, the next beat of the pool may be too late. */
  noteReported(worker: Worker): void {
    if (isHeapNearlyFull(worker)) this.#replace(worker, 'its heap is nearly full');
    if (worker.metrics.grownBytes < GROWN_BYTES) return;
    const nowMs = this.#parts.clock.now();
    if (nowMs - this.watch.readAtMs >= GROWTH_LOOK_MS) this.watch.look(nowMs);
  }

  /**
   * Largest heap of a new worker, MiB; undefined means Node's own limit. Memory is read before the first one starts.
   * @param workers most workers before anything is known about tasks
   */
  heapLimitMb(workers: number): number | undefined {
    const { options, clock } = this.#parts;
    if (this.watch.readAtMs === -Infinity) this.watch.look(clock.now());
    const { heap_size_limit: ownBytes } = getHeapStatistics();
    return heapLimitMb({
      perWorkerBytes: options.memory.perWorkerBytes,
      limitBytes: this.watch.reading?.smallestLimitBytes,
      workers,
      defaultBytes: ownBytes,
    });
  }

  stats(): MemoryStats | undefined {
    const { reading, level } = this.watch;
    if (reading === undefined) return undefined;
    const { usedBytes, limitBytes, source } = reading;
    return { usedBytes, limitBytes, source, level, trend: this.#course.trend(this.#parts.clock.now()) };
  }

  #read(): MemoryReading | undefined {
    const { clock, readMemory, options } = this.#parts;
    const usedBytes = this.#ownBytes();
    this.#course.add(clock.now(), usedBytes);
    return readMemory({ limitBytes: options.memory.limitBytes, usedBytes });
  }

  /** Memory of this program and its workers. Threads are part of the program. */
  #ownBytes(): number {
    const { supervisor, options } = this.#parts;
    const own = residentBytes();
    if (options.kind !== 'process') return own;
    return [...supervisor.workers].reduce((sum, { metrics }) => sum + metrics.rssBytes, own);
  }

  #onChanged(from: MemoryLevel, to: MemoryLevel, { usedBytes, limitBytes }: MemoryReading): void {
    const { supervisor, memoryShort, spares, emit, options } = this.#parts;
    if (log.isOn) log.write('%s: memory is %s: %d of %d bytes are in use', options.name, to, usedBytes, limitBytes);
    emit('memory:level', { from, to, usedBytes, limitBytes });
    if (rulesOf(to).shrinks) supervisor.wantSpares(0);
    else if (rulesOf(to).mayGrow) supervisor.wantSpares(spares());
    if (to === 'normal') return;
    memoryShort();
    const level = to === 'emergency' ? 'critical' : to;
    for (const worker of supervisor.workers) worker.tellPressure(level);
  }

  /** Whether some memory is about to be free while it is critical. A worker that works meanwhile might take the rest first. */
  #isComingBack(): boolean {
    if (rulesOf(this.watch.level).workingShare > 0) return false;
    return [...this.#parts.supervisor.workers].some(({ state }) => state === 'stopping');
  }

  /** Replaces one worker at a time, because its memory has to come back before the next one is judged. */
  #relieve(level: MemoryLevel): boolean {
    const { supervisor } = this.#parts;
    const isLeaving = [...supervisor.workers].some(({ state }) => state === 'draining' || state === 'stopping');
    if (isLeaving) return true;
    const worker = chooseToRelieve(supervisor.staying(), level);
    if (worker !== undefined) this.#replace(worker, 'memory is short, and it has grown most');
    return worker !== undefined;
  }

  /** Lets a worker go before its successor starts, since there is no room for both. */
  #replace(worker: Worker, reason: string): void {
    if (!worker.isReady) return;
    if (log.isOn) log.write('%s: worker %d is replaced: %s', this.#parts.options.name, worker.id, reason);
    this.#parts.emit('worker:recycled', { workerId: worker.id, reason });
    // Other workers may run what it has not begun.
    this.#parts.dispatcher.recallPrefetched(worker);
    worker.drain(reason, Math.min(STOP_WITHIN_MS, this.#parts.options.teardownMs));
  }

  #kill(): void {
    const { supervisor, clock } = this.#parts;
    const victim = chooseToKill<Task, Worker>(supervisor.staying());
    if (victim !== undefined && mayKill(clock.now(), AFTER_KILL_MS)) victim.kill('memory was about to run out');
  }
}
