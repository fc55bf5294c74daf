import type { Clock } from '../base/clock.js';
import type { PoolEvents } from '../contract/events.js';
import type { ResolvedOptions } from '../contract/resolved-options.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import type { MemoryReading, OwnMemory } from '../sizing/memory-reading.js';
import type { SizeRange } from '../sizing/static-size.js';
import type { Supervisor } from '../supervise/supervisor.js';
import type { RegistryCounts } from '../task/task-registry.js';
import type { TaskType } from '../task/task-type.js';
import type { Worker } from '../worker/worker.js';
import { Autoscaler } from './autoscaler.js';
import { HealthWatch } from './health-watch.js';
import { Heartbeat, type Keeper } from './heartbeat.js';
import { MemoryGuard } from './memory-guard.js';
import { NO_BOUNDS } from './memory-watch.js';
import { OutsideUsage } from './outside-usage.js';
import { Recycler } from './recycler.js';
import { Windows } from './windows.js';

export interface KeepersParts {
  clock: Clock;
  options: ResolvedOptions;
  range: SizeRange;
  dispatcher: Dispatcher;
  supervisor: Supervisor<Worker>;
  types: Iterable<TaskType>;
  /** Counts of tasks. */
  counts(): Readonly<RegistryCounts>;
  /** Deaths and failed starts of workers in the latest time of this length. */
  faults(withinMs: number): number;
  /** Whether there is a task that has not settled. */
  hasWork(): boolean;
  /** Cores that the program may use. */
  cores(): number;
  /** Time for which workers have been ready, all together, ms. */
  readyMs(): number;
  readMemory(own: OwnMemory): MemoryReading | undefined;
  random(): number;
  /** Reports that memory is short: the pool drops what can be computed again. */
  memoryShort(): void;
  emit<E extends keyof PoolEvents>(event: E, ...args: Parameters<PoolEvents[E]>): void;
}

/** The keepers of a pool. A pool in this thread has no guard: its single worker can be neither replaced nor given up. */
export interface Keepers {
  readonly heartbeat: Heartbeat;
  readonly autoscaler: Autoscaler;
  readonly memory: MemoryGuard | undefined;
  readonly recycler: Recycler<Worker> | undefined;
  readonly windows: Windows;
  readonly health: HealthWatch;
}

/** Wires the keepers of a pool, in the order of their beat. */
export function openKeepers(parts: KeepersParts): Keepers {
  const { clock, options, supervisor, dispatcher, hasWork } = parts;
  if (options.kind === 'inline') {
    const autoscaler = new Autoscaler({ ...parts, memory: () => NO_BOUNDS });
    const windows = openWindows(parts, autoscaler);
    const health = openHealth(parts, autoscaler, windows, undefined);
    const heartbeat = new Heartbeat(clock, [windows, health], hasWork);
    return { heartbeat, autoscaler, memory: undefined, recycler: undefined, windows, health };
  }
  const memory = new MemoryGuard({ ...parts, spares: () => autoscaler.range.spare });
  const autoscaler: Autoscaler = new Autoscaler({ ...parts, memory: () => memory.watch.bounds });
  const recycler = openRecycler(parts);
  const usage = new OutsideUsage(options.kind, () => supervisor.workers);
  const silence: Keeper = { tick: () => (dispatcher.roster.lookForStuck() ? 'fast' : 'rest') };
  const windows = openWindows(parts, autoscaler);
  const health = openHealth(parts, autoscaler, windows, memory);
  // Memory comes before sizing, which respects its result.
  const keepers: Keeper[] = [usage, silence, memory.watch, autoscaler, recycler, windows, health];
  const heartbeat = new Heartbeat(clock, keepers, hasWork);
  return { heartbeat, autoscaler, memory, recycler, windows, health };
}

function openWindows({ clock, types, counts }: KeepersParts, autoscaler: Autoscaler): Windows {
  return new Windows({ now: () => clock.now(), types, counts, placeMs: () => autoscaler.placeMs });
}

function openHealth(
  { clock, options, supervisor, dispatcher, faults }: KeepersParts,
  autoscaler: Autoscaler,
  windows: Windows,
  memory: MemoryGuard | undefined,
): HealthWatch {
  return new HealthWatch({
    options,
    workers: () => ({
      ready: dispatcher.roster.ready.length,
      wanted: supervisor.wanted,
      min: autoscaler.range.min,
    }),
    faults,
    now: () => clock.now(),
    queue: () => ({
      length: dispatcher.queued,
      ageMs: dispatcher.waitedMs(clock.now()),
      isPaused: dispatcher.isPaused,
    }),
    memory: () => memory?.watch.reading,
    ratesOver: (windowMs) => windows.ratesOver(windowMs),
  });
}

function openRecycler({ clock, options, supervisor, dispatcher, random, emit }: KeepersParts): Recycler<Worker> {
  return new Recycler({
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
}
