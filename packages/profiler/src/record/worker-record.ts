import type { TaskTrace, WorkerUsage } from '@millpond/core';
import { BoundedNames } from '@millpond/core/internal';
import type { ExecutionEnd } from '../model/ledgers.js';
import { BusyTime } from './busy-time.js';
import { CoarseHistogram } from './coarse-histogram.js';
import { IDLE_PHASES, type IdleClock } from './idle-clock.js';
import { usageSince } from './usage-since.js';
import type { WorkerTimes } from './worker-capacity.js';

const MOST_NAMES = 32;
const FIRST_TASKS = 5;
const MOST_FLOORS = 200;
/** Two threads read the common clock with an error of their own. */
const CLOCK_SLACK_MS = 5;

/** Peaks of what a worker reports of itself, bytes. */
interface Peaks {
  heapBytes: number;
  rssBytes: number;
}

/** One worker within the window. Times on the host clock, in milliseconds. */
export class WorkerRecord {
  readonly workerId: number;
  readonly slot: number;
  /** From spawn to ready; undefined if that was before the window, or is not known. */
  bootMs: number | undefined;
  /** Time of ready, or the start of the window if it was ready before; undefined while it starts. */
  readyMs: number | undefined;
  exitedMs: number | undefined;
  why = '';
  isFault = false;
  /** Tries that came back from it. */
  tasks = 0;
  failed = 0;
  /** Sum over tries; with several at once it exceeds the busy time. */
  executionMs = 0;
  /** Execution by the ends of tries. */
  readonly executionByEnd: Record<ExecutionEnd, number> = noEnds();
  /** With a handler running. */
  readonly handling: BusyTime;
  usage: WorkerUsage | undefined;
  readonly peaks: Peaks = { heapBytes: 0, rssBytes: 0 };
  gcWorstSecondMs = 0;
  /** Longest time between two turns of its loop, ms. */
  loopDelayMaxMs = 0;
  readonly byTask = new BoundedNames(MOST_NAMES, () => new CoarseHistogram());
  readonly firstTasksMs: number[] = [];
  /** Heap after full collections. Every second point is forgotten when there are too many. */
  floors: [atMs: number, bytes: number][] = [];
  #before: WorkerUsage | undefined;
  /** Begin of its time within the window. */
  readonly #startedMs: number;
  /** With a task in it, and with a task assigned to it. */
  readonly #occupied: BusyTime;
  readonly #assigned: BusyTime;
  readonly #occupiedBy = new Float64Array(IDLE_PHASES.length);
  readonly #assignedBy = new Float64Array(IDLE_PHASES.length);
  readonly #clock: IdleClock;

  /** @param onHandled gets each stretch in which it began to handle tasks, once */
  constructor(
    workerId: number,
    slot: number,
    startedMs: number,
    clock: IdleClock,
    onHandled: (fromMs: number, toMs: number) => void,
  ) {
    this.workerId = workerId;
    this.slot = slot;
    this.#startedMs = startedMs;
    this.#clock = clock;
    this.handling = new BusyTime(onHandled);
    this.#occupied = new BusyTime((from, to) => clock.addTo(this.#occupiedBy, from, to));
    this.#assigned = new BusyTime((from, to) => clock.addTo(this.#assignedBy, from, to));
  }

  /** Adds a try that had begun. @param fromMs when the worker's time within the window begins */
  ran(trace: TaskTrace, fromMs: number): void {
    const { outcome, task, settledAt } = trace;
    const startedAt = Math.max(trace.startedAt, fromMs);
    const cameBack = !Number.isNaN(trace.endedAt);
    // A try that did not come back ran until it was given up, or its worker died.
    const endedAt = cameBack ? trace.endedAt : settledAt;
    const ms = Math.max(0, endedAt - startedAt);
    this.executionByEnd[trace.attempt > 1 && outcome === 'ok' ? 'retried' : outcome] += ms;
    this.handling.add(startedAt, endedAt);
    const receivedAt = Number.isNaN(trace.receivedAt) ? startedAt : trace.receivedAt;
    this.#occupied.add(
      Math.max(fromMs, Math.min(receivedAt, startedAt)),
      Math.max(endedAt, trace.repliedAt || endedAt),
    );
    this.#assigned.add(Math.max(fromMs, Math.min(trace.assignedAt || startedAt, startedAt)), settledAt);
    if (!cameBack) return;
    this.tasks++;
    if (outcome !== 'ok') this.failed++;
    this.executionMs += ms;
    this.byTask.get(task).record(ms);
    if (this.firstTasksMs.length < FIRST_TASKS) this.firstTasksMs.push(ms);
  }

  /** Takes a message of the worker about itself. Its sums only grow, so a late one changes nothing. */
  used(given: WorkerUsage): void {
    if (this.usage !== undefined && given.atMs < this.usage.atMs) return;
    // Measured already when this window began: what came before the first message is no part of it.
    if (this.#before === undefined && given.sinceMs < this.#startedMs - CLOCK_SLACK_MS) this.#before = given;
    const usage = this.#before === undefined ? given : usageSince(given, this.#before);
    const floor = this.usage?.heapFloorBytes;
    this.usage = usage;
    this.peaks.heapBytes = Math.max(this.peaks.heapBytes, usage.heapUsedBytes);
    this.peaks.rssBytes = Math.max(this.peaks.rssBytes, usage.rssBytes);
    this.gcWorstSecondMs = Math.max(this.gcWorstSecondMs, usage.gcWorstSecondMs);
    this.loopDelayMaxMs = Math.max(this.loopDelayMaxMs, usage.loopDelayMaxMs);
    if (usage.heapFloorBytes === 0 || usage.heapFloorBytes === floor) return;
    this.floors.push([usage.atMs, usage.heapFloorBytes]);
    if (this.floors.length === MOST_FLOORS) this.floors = this.floors.filter((_, i) => i % 2 === 1);
  }

  /** Its times up to `endMs`, or to its end. */
  times(endMs: number): WorkerTimes {
    const end = Math.max(this.#startedMs, this.exitedMs ?? endMs);
    const ready = Math.min(this.readyMs ?? end, end);
    const idle = new Float64Array(IDLE_PHASES.length);
    this.#clock.addTo(idle, ready, end);
    const upMs = end - ready;
    const transit = Math.max(0, (this.#assignedBy[1] ?? 0) - (this.#occupiedBy[1] ?? 0));
    const by = Array.from(idle, (ms, i) => Math.max(0, ms - (this.#occupiedBy[i] ?? 0)));
    const [noWork = 0, notParallel = 0, starved = 0, limited = 0, paused = 0] = by;
    return {
      bootMs: ready - this.#startedMs,
      upMs,
      // A result just after the window's end must not make a worker busier than it was up.
      occupiedMs: Math.min(this.#occupied.totalMs, upMs),
      handlingMs: Math.min(this.handling.totalMs, upMs),
      idle: { noWork, notParallel, starved, limited, paused },
      transitMs: transit,
      usage: this.usage,
    };
  }
}

export function noEnds(): Record<ExecutionEnd, number> {
  return { ok: 0, error: 0, cancelled: 0, timeout: 0, crash: 0, retried: 0 };
}
