import { channel } from 'node:diagnostics_channel';
import type { MemoryGuard } from '../autoscale/memory-guard.js';
import { callSafely } from '../base/call-safely.js';
import type { Clock } from '../base/clock.js';
import { debugLog } from '../base/debug-log.js';
import { type DeathReport, describeExit, PoolError, type Refusal } from '../contract/errors.js';
import type { PoolEvents } from '../contract/events.js';
import type { ResolvedOptions } from '../contract/resolved-options.js';
import type { OutputStream } from '../contract/stdio.js';
import {
  CHANNELS,
  type SectionDelta,
  type SectionMistakes,
  type SectionsMessage,
  type WorkerMessage,
} from '../contract/trace.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import type { Supervisor } from '../supervise/supervisor.js';
import type { Task } from '../task/task.js';
import type { TaskRegistry } from '../task/task-registry.js';
import type { TaskTypes } from '../task/task-types.js';
import type { MeasuredMessage, ReadyMessage } from '../wire/messages.js';
import type { ResultRow } from '../worker/result-row.js';
import type { HandlerUse } from '../worker/use-meter.js';
import type { Worker } from '../worker/worker.js';
import type { WorkerEnd } from '../worker/worker-end.js';
import type { Printer, WorkerListener } from '../worker/worker-listener.js';
import type { PastWorkers } from './past-workers.js';
import type { Profiling } from './profiling.js';
import { warnOfUnknownTasks, warnOfUnusedBatches } from './task-name-warning.js';
import { warnOfTeardown } from './teardown-warning.js';

const workerChannel = channel(CHANNELS.worker);
const sectionsChannel = channel(CHANNELS.sections);
const log = debugLog('supervise');

type PublishedWorker = Pick<Worker, 'id' | 'slot' | 'bootMs'>;

export interface WorkerNewsParts {
  /** The pool, as an identity for published messages. */
  pool: object;
  options: ResolvedOptions;
  clock: Clock;
  dispatcher: Dispatcher;
  supervisor: Supervisor<Worker>;
  memory: MemoryGuard | undefined;
  registry: TaskRegistry;
  types: TaskTypes;
  past: PastWorkers;
  profiling: Profiling;
  emit<E extends keyof PoolEvents>(event: E, ...args: Parameters<PoolEvents[E]>): void;
  /** Whether the program listens to an event. */
  listens(event: keyof PoolEvents): boolean;
  /** A worker has become ready, or has ended. */
  changed(): void;
}

/** Decides which parts of a pool learn what a worker reports, in which order, and what users hear of it. */
export class WorkerNews implements WorkerListener<Worker> {
  readonly #parts: WorkerNewsParts;
  readonly #dispatcher: Dispatcher;
  readonly #supervisor: Supervisor<Worker>;
  #hasWarned = false;
  #hasWarnedOfTeardown = false;

  constructor(parts: WorkerNewsParts) {
    this.#parts = parts;
    this.#dispatcher = parts.dispatcher;
    this.#supervisor = parts.supervisor;
  }

  /** A worker has been spawned. */
  started(workerId: number, slot: number): void {
    this.#publish({ id: workerId, slot, bootMs: 0 }, 'started');
  }

  ready(worker: Worker, batches: ReadyMessage['batches']): void {
    const { types, emit, changed } = this.#parts;
    const handlerNames = [...worker.handlers.keys()];
    types.learn(handlerNames, batches);
    this.#warnOnce(handlerNames, batches ?? []);
    this.#supervisor.onReady(worker);
    const { id: workerId, slot, pid, threadId, bootMs } = worker;
    if (log.isOn)
      log.write('%s: worker %d is ready, slot %d, after %i ms', this.#parts.options.name, workerId, slot, bootMs);
    emit('worker:ready', { workerId, slot, pid, threadId, bootMs });
    this.#publish(worker, 'ready');
    // Comes after the news, since it follows from it.
    this.#supervisor.relieve();
    changed();
  }

  result(worker: Worker, task: Task, row: ResultRow): void {
    this.#dispatcher.onResult(worker, task, row);
  }

  resultsRead(worker: Worker): void {
    this.#dispatcher.onSettled(worker);
    if (this.#supervisor.isReplacing) this.#supervisor.relieve();
  }

  reported(worker: Worker, uses: readonly HandlerUse[]): void {
    const { types, memory } = this.#parts;
    const handlerNames = [...worker.handlers.keys()];
    for (const [handler, use] of uses) types.of(handlerNames[handler] ?? '').profile.add(use);
    memory?.noteReported(worker);
  }

  measured(worker: Worker, message: MeasuredMessage): void {
    this.#parts.profiling.measured(worker, message);
  }

  refused(worker: Worker, task: Task, refusal: Refusal): void {
    this.#dispatcher.onRefused(worker, task, refusal);
  }

  progress(_worker: Worker, task: Task, value: unknown): void {
    if (task.extras.onProgress !== undefined) callSafely(task.extras.onProgress, value);
  }

  timedOut(worker: Worker, task: Task, ranMs: number | undefined, by: 'timeoutMs' | 'deadline'): void {
    this.#parts.profiling.timedOut(worker);
    this.#dispatcher.onTimedOut(worker, task, ranMs, by);
  }

  slow(worker: Worker, task: Task, ranMs: number): void {
    if (!this.#parts.registry.noteSlow(task)) return;
    const { name, id: taskId, attempt, settings } = task;
    const about = { task: name, taskId, attempt, workerId: worker.id, ranMs, slowMs: settings.slowMs };
    this.#parts.emit('task:slow', { ...about, section: worker.assigned.section, stack: () => worker.stack() });
  }

  sections(worker: Worker, sections: SectionDelta[], mistakes: SectionMistakes | undefined): void {
    if (!sectionsChannel.hasSubscribers) return;
    const message: SectionsMessage = { pool: this.#parts.pool, workerId: worker.id, sections, mistakes };
    sectionsChannel.publish(message);
  }

  wantsOutput(): boolean {
    return this.#parts.listens('output');
  }

  output({ id: workerId }: Worker, stream: OutputStream, line: string, printer: Printer | undefined): void {
    this.#parts.emit('output', { workerId, stream, line, task: printer?.name, taskId: printer?.id });
  }

  exited(worker: Worker, end: WorkerEnd): void {
    const { clock, options, past, emit, changed } = this.#parts;
    past.add(worker, clock.now());
    this.#dispatcher.onExited(worker, end);
    const isFault = end.how === 'died' || end.how === 'failedToStart';
    if (isFault) past.addFault(clock.now());
    const cause =
      end.startError ??
      new PoolError('ERR_WORKER_CRASHED', { task: end.report.runningTasks.join(', ') || 'none', death: end.report });
    const { uptimeMs } = end.report;
    const { tasksDone } = worker;
    if (log.isOn)
      log.write('%s: worker %d has ended: %s, %s', options.name, worker.id, end.how, describeExit(end.report));
    this.#supervisor.onEnd(worker, isFault ? { wasReady: end.how === 'died', uptimeMs, tasksDone, cause } : undefined);
    this.#publish(worker, 'exited', end);
    this.#parts.profiling.exited(worker, end);
    if (end.isOverdue) this.#warnOfTeardown(end.report);
    emit('worker:exited', { ...end.report, expected: !isFault });
    changed();
  }

  /** Handles a worker at a standstill: reports where it stands, and ends it. */
  async stuck(worker: Worker, silentMs: number): Promise<void> {
    const tasks = worker.tasks().map(({ name }) => name);
    this.#parts.profiling.timedOut(worker);
    const stack = await worker.stack();
    // The worker may have gone on, or ended, in the meantime.
    if (worker.state === 'exited' || worker.inFlight === 0 || worker.assigned.hasBegun()) return;
    this.#parts.emit('worker:stuck', { workerId: worker.id, pid: worker.pid, silentMs, tasks, stack });
    worker.kill('it stood still outside of any handler');
  }

  /** All workers have the same teardown, so one warning is enough. */
  #warnOfTeardown(report: DeathReport): void {
    if (report.killedFor === undefined || this.#hasWarnedOfTeardown) return;
    this.#hasWarnedOfTeardown = true;
    warnOfTeardown(this.#parts.options.name, report, report.killedFor);
  }

  /** All workers have the same handlers, so the first one's names count. */
  #warnOnce(handlerNames: string[], batches: NonNullable<ReadyMessage['batches']>): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const { tasks, name } = this.#parts.options;
    warnOfUnknownTasks(tasks.keys(), handlerNames, name);
    const withBatch = [...tasks].filter(([, settings]) => settings.batch !== undefined).map(([task]) => task);
    const taking = batches.map(([task]) => task);
    if (withBatch.length > 0) warnOfUnusedBatches(withBatch, handlerNames, taking, name);
  }

  #publish({ id: workerId, slot, bootMs: ms }: PublishedWorker, what: WorkerMessage['what'], end?: WorkerEnd): void {
    if (!workerChannel.hasSubscribers) return;
    const { pool, options, clock } = this.#parts;
    const bootMs = what === 'ready' ? ms : 0;
    const isFault = end?.how === 'died' || end?.how === 'failedToStart';
    const why = end === undefined ? '' : describeExit(end.report);
    const message: WorkerMessage = {
      pool,
      kind: options.kind,
      workerId,
      slot,
      what,
      atMs: clock.now(),
      bootMs,
      isFault,
      section: isFault ? end.report.lastSection : '',
      why,
    };
    workerChannel.publish(message);
  }
}
