import type { Clock } from '../base/clock.js';
import type { PoolEvents } from '../contract/events.js';
import type { ResolvedOptions } from '../contract/resolve-options.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import type { MemoryReading, OwnMemory } from '../sizing/memory-reading.js';
import type { SizeRange } from '../sizing/static-size.js';
import { threadCpuMs } from '../sizing/thread-cpu.js';
import { Heartbeat, soonest, type Pace } from '../supervise/heartbeat.js';
import { OutsideUsage } from '../supervise/outside-usage.js';
import { Recycler } from '../supervise/recycler.js';
import type { Supervisor } from '../supervise/supervisor.js';
import type { TaskBook } from '../task/task-book.js';
import type { TaskType } from '../task/task-type.js';
import type { Worker } from '../worker/worker.js';
import { PoolMemory } from './pool-memory.js';
import { PoolSizing } from './pool-sizing.js';

export interface UpkeepParts {
  clock: Clock;
  options: ResolvedOptions;
  range: SizeRange;
  book: TaskBook;
  dispatcher: Dispatcher;
  supervisor: Supervisor<Worker>;
  types: Iterable<TaskType>;
  /** Cores the program may use. */
  cores(): number;
  /** Time workers have been ready, all together, ms. */
  readyMs(): number;
  readMemory(own: OwnMemory): MemoryReading | undefined;
  random(): number;
  /** Memory is short: what can be computed again is to be dropped. */
  memoryShort(): void;
  emit<E extends keyof PoolEvents>(event: E, ...args: Parameters<PoolEvents[E]>): void;
}

/** What looks after a pool while it works: its size, its memory, and the age of its workers. */
export class Upkeep {
  readonly sizing: PoolSizing;
  readonly memory: PoolMemory;
  readonly #parts: UpkeepParts;
  readonly #recycler: Recycler<Worker>;
  readonly #usage: OutsideUsage;
  readonly #heartbeat: Heartbeat;
  #wasMemoryRead = false;

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
    const { clock, options, supervisor, dispatcher, random, emit } = parts;
    this.#usage = new OutsideUsage((pid, usage) => this.#byPid(pid)?.vitals.noteUsage(usage));
    this.memory = new PoolMemory({ ...parts, spares: () => this.sizing.range.spare });
    this.sizing = new PoolSizing({ ...parts, memory: this.memory.watch });
    this.#recycler = new Recycler({
      rules: options.recycle,
      jitter: options.recycle.jitter,
      random,
      now: () => clock.now(),
      workers: () => supervisor.staying(),
      wanted: () => supervisor.wanted,
      replace: (worker, replacing) => supervisor.replace(worker, replacing),
      haveRoom: () => dispatcher.onTuned(),
      leaks: ({ id, tasksDone }, { bytesPerTask, grownBytes }) =>
        emit('worker:leaks', { workerId: id, tasksDone, bytesPerTask, grownBytes }),
    });
    this.#heartbeat = new Heartbeat(clock, (nowMs) => this.#beat(nowMs));
  }

  /** There is work. */
  wake(): void {
    if (!this.#isUseful) return;
    if (this.#heartbeat.isAtRest) this.sizing.wake(this.#parts.clock.now());
    this.#heartbeat.wake();
  }

  /** A worker goes to work. */
  noteActive(worker: Worker): void {
    if (this.#isUseful) this.#recycler.limit(worker);
  }

  /** Tasks were handed out. */
  noteHandedOut(): void {
    if (this.#isUseful) this.#recycler.noteHandedOut();
  }

  /** A worker has told of its memory. */
  noteReported(worker: Worker): void {
    if (this.#isUseful) this.memory.noteReported(worker);
  }

  /** Most heap a new worker may have, MiB; undefined: whatever Node gives it. */
  heapLimitMb(): number | undefined {
    if (!this.#isUseful) return undefined;
    if (!this.#wasMemoryRead) {
      this.#wasMemoryRead = true;
      this.memory.watch.look(this.#parts.clock.now());
    }
    return this.memory.heapLimitMb(this.sizing.range.start + this.sizing.range.spare);
  }

  stop(): void {
    this.#heartbeat.stop();
    this.sizing.stop();
  }

  /** Of a pool in this process itself, there is one worker: it can be neither replaced nor given up. */
  get #isUseful(): boolean {
    return this.#parts.options.kind !== 'inline';
  }

  #beat(nowMs: number): Pace {
    const hasWork = this.#parts.book.pending > 0;
    this.#lookOutside(nowMs);
    const isOneSilent = this.#parts.dispatcher.roster.lookForStuck();
    // Memory first: sizing keeps to what it found.
    return soonest(
      this.memory.watch.tick(nowMs, hasWork),
      this.sizing.tick(nowMs),
      this.#recycler.tick(nowMs, hasWork),
      isOneSilent ? 'fast' : 'rest',
    );
  }

  /** How much workers use, as the system tells it, of those that say nothing: they are in the middle of a long handler. */
  #lookOutside(nowMs: number): void {
    const workers = [...this.#parts.supervisor.workers].filter((worker) => worker.isSilent(nowMs));
    if (this.#parts.options.kind === 'process') {
      void this.#usage.look(workers.map(({ pid }) => pid).filter((pid) => pid !== undefined));
      return;
    }
    for (const worker of workers) {
      const { systemThreadId } = worker.vitals;
      const cpuMs = systemThreadId === undefined ? undefined : threadCpuMs(systemThreadId);
      if (cpuMs !== undefined) worker.vitals.noteUsage({ cpuMs });
    }
  }

  #byPid(pid: number): Worker | undefined {
    return [...this.#parts.supervisor.workers].find((worker) => worker.pid === pid);
  }
}
