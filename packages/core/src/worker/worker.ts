import type { Clock } from '../base/clock.js';
import type { ValueEncoder } from '../codec/value-codec.js';
import { PoolError } from '../contract/errors.js';
import type { PressureLevel } from '../contract/worker-module.js';
import type { BatchCall } from '../task/batch-call.js';
import type { Assignment, Task } from '../task/task.js';
import type { Transport, TransportExit, WorkerSpec } from '../transport/transport.js';
import { TEST_ID } from '../wire/claim-board.js';
import { FRAME } from '../wire/frame.js';
import type { ReadyMessage } from '../wire/messages.js';
import { FrameReceiver } from './frame-receiver.js';
import { wantedTasks } from './in-flight-entry.js';
import { InFlightTasks } from './in-flight-tasks.js';
import { remainsOf } from './remains.js';
import type { UtilizationTotals } from './utilization-meter.js';
import { WorkerExit } from './worker-exit.js';
import type { WorkerListener } from './worker-listener.js';
import { WorkerMetrics } from './worker-metrics.js';
import { WorkerStart } from './worker-start.js';
import { canMove, type WorkerState } from './worker-state.js';

/** Longest wait for a stack. On an overloaded machine, one took over 500 ms. */
const STACK_WITHIN_MS = 2000;
/**
 * One child's life, seen from the parent; the only writer of its state.
 *
 * - starting: from spawn, until the module is loaded.
 * - warming: setup and warmup run, until the child says ready.
 * - idle, busy: ready, without or with tasks in flight.
 * - draining: finishes what it has in flight, takes nothing more.
 * - stopping: asked to tear down and exit.
 * - exited: the child is gone and its last frame was read.
 */
export class Worker {
  readonly id: number;
  readonly slot: number;
  readonly startedAt: number;
  readonly metrics: WorkerMetrics;
  /** Everything that came from it. */
  readonly received: FrameReceiver<Worker>;
  /** The tasks that it was assigned and has not answered for. */
  readonly assigned: InFlightTasks;
  readonly #clock: Clock;
  readonly #listener: WorkerListener<Worker>;
  readonly #transport: Transport;
  readonly #start: WorkerStart;
  readonly #exit: WorkerExit;
  #state: WorkerState;
  #mostTasks = Infinity;

  /** @param encoder the pool's encoder, which encoded the inputs */
  constructor(
    spec: WorkerSpec,
    start: (spec: WorkerSpec) => Transport,
    encoder: ValueEncoder,
    clock: Clock,
    listener: WorkerListener<Worker>,
  ) {
    this.id = spec.workerId;
    this.slot = spec.slot;
    this.#clock = clock;
    this.#listener = listener;
    this.startedAt = clock.now();
    this.metrics = new WorkerMetrics(this.startedAt);
    this.#state = { name: 'starting' };
    this.#transport = start(spec);
    this.#exit = new WorkerExit(this.#transport, clock, (exit) => {
      this.assigned.withdrawAll();
      this.#onExit(exit);
    });
    this.#transport.onExit = (exit) => this.#onExit(exit);
    this.#transport.channel.onFault = (error) => this.#exit.fault(error);
    this.assigned = new InFlightTasks({
      assignee: this,
      transport: this.#transport,
      encoder,
      clock,
      concurrency: spec.concurrency,
      graceMs: spec.options.graceMs,
      refused: (task, refusal) => listener.refused(this, task, refusal),
      timedOut: (task, ranMs, by) => listener.timedOut(this, task, ranMs, by),
      slow: (task, ranMs) => listener.slow(this, task, ranMs),
      overdue: () => this.kill('a task that was ended before did not return within graceMs'),
      emptied: () => this.#onEmptied(),
      readLog: (isEverything) => this.received.readLog(isEverything),
    });
    this.received = new FrameReceiver({
      worker: this,
      spec,
      transport: this.#transport,
      encoder,
      clock,
      assigned: this.assigned,
      metrics: this.metrics,
      listener,
      loaded: () => this.#state.name === 'starting' && this.#move({ name: 'warming' }),
      ready: (message) => this.#onReady(message),
      startFailed: (message) => this.#start.noteFailed(message),
      damaged: (error) => this.#exit.fault(error),
    });
    this.#start = new WorkerStart({
      clock,
      moduleUrl: spec.moduleUrl,
      startedAt: this.startedAt,
      timeoutMs: spec.options.startTimeoutMs,
      state: () => this.#state.name,
      tooSlow: () => this.kill('it was not ready within startTimeoutMs'),
    });
    this.#start.begin(spec, this.#transport);
  }

  get state(): WorkerState['name'] {
    return this.#state.name;
  }
  get pid(): number | undefined {
    return this.#transport.pid;
  }
  get threadId(): number | undefined {
    return this.#transport.threadId;
  }

  /** Whether it takes tasks. */
  get isReady(): boolean {
    return this.#state.name === 'idle' || this.#state.name === 'busy';
  }

  get inFlight(): number {
    return this.assigned.size;
  }

  /** Number of calls for them: a batch is one. */
  get calls(): number {
    return this.assigned.calls;
  }

  /** Most tasks that it may take in all. */
  get mostTasks(): number {
    return this.#mostTasks;
  }

  limitTasks(mostTasks: number): void {
    this.#mostTasks = mostTasks;
  }

  /** Tasks that it may still take; not above 0 when it has got its last. */
  get tasksLeft(): number {
    return this.#mostTasks - this.tasksDone - this.assigned.size;
  }

  /** Expected execution time of its tasks in flight, ms. */
  get expectedMs(): number {
    return this.assigned.expectedMs;
  }

  /** Time from spawn to ready, ms; 0 until then. */
  get bootMs(): number {
    return this.#start.bootMs;
  }

  readyMs(nowMs: number): number {
    return this.#start.readyMs(nowMs);
  }

  get tasksDone(): number {
    return this.received.tasksDone;
  }
  /** Time when it answered last, or became ready; host clock. */
  get usedAtMs(): number {
    return this.received.usedAtMs;
  }

  /** Index of each handler in its own list, by name; empty until it is ready. */
  get handlers(): ReadonlyMap<string, number> {
    return this.#start.handlers;
  }

  /** Puts a task in flight; it leaves with the next `flush`. Only for a ready worker. @param call its batch */
  assign(task: Task, handler: number, call?: BatchCall): Assignment {
    if (this.#state.name !== 'busy') this.#move({ name: 'busy' });
    return this.assigned.add(task, handler, call);
  }

  /** Tells it that memory is short. Only for a worker that has been ready. */
  tellPressure(level: PressureLevel): void {
    if (this.isReady) this.#transport.channel.send(FRAME.pressure, { level });
  }

  /** How much it has worked since its start. */
  readUtilization(nowMs: number): UtilizationTotals {
    return this.metrics.readUtilization(nowMs, this.inFlight > 0);
  }

  /** Whether it has tasks and has sent nothing for a while, so that its loop must be busy. */
  isSilent(nowMs: number): boolean {
    return this.inFlight > 0 && this.metrics.isSilent(nowMs);
  }

  /** Sends what was assigned since the last flush. @param flags of the frame: CALM or MORE of wire/frame.ts */
  flush(flags = 0): void {
    if (this.#state.name !== 'exited') this.assigned.send(flags);
  }

  /** Tasks in flight that are not abandoned, oldest first. */
  tasks(): Task[] {
    return wantedTasks(this.assigned.all());
  }

  /** Whether it may wait for a slow reader of its output. */
  get isOutputBlocked(): boolean {
    return this.#transport.isOutputBlocked();
  }

  /**
   * Abandons a task that has settled or goes elsewhere; its result is ignored. If its handler has begun, its ctx.signal
   * aborts. Unless the handler ends within `graceMs`, the worker is killed.
   */
  abandon(task: Task, reason: unknown): void {
    this.assigned.abandon(task, reason);
  }

  /** Stack of its handler now, even in synchronous code; undefined without an answer in time. */
  stack(): Promise<string | undefined> {
    return this.#transport.stack(STACK_WITHIN_MS);
  }

  /** See FrameReceiver.begunAt. */
  begunAt(task: Task): number | undefined {
    return this.received.begunAt(task);
  }

  /** Takes no more tasks, finishes those in flight, then stops within `stopWithinMs`. */
  drain(reason: string, stopWithinMs: number): void {
    if (!this.assigned.isEmpty && this.#state.name === 'busy') this.#move({ name: 'draining', reason, stopWithinMs });
    else if (this.#state.name !== 'draining') this.stop(stopWithinMs);
  }

  /** Asks it to tear down and exit, and kills it after `withinMs`. */
  stop(withinMs: number): void {
    this.#exit.ask();
    const { name } = this.#state;
    if (name === 'stopping' || name === 'exited') return;
    this.#move({ name: 'stopping' });
    this.#start.end();
    this.#exit.stop(withinMs, name !== 'starting');
  }

  /** Ends it now for its behaviour; it will be replaced. @param why text that ends a sentence, for the tasks in flight */
  kill(why: string): void {
    this.#exit.kill(why);
  }

  /** Ends it without delay, because the pool ends. If no handler runs in it, its teardown has this time. */
  destroy(teardownMs: number): void {
    if (this.#start.hasTeardown && teardownMs > 0 && this.assigned.isEmpty) {
      this.stop(teardownMs);
      if (this.#exit.limitStop(teardownMs)) return;
    }
    this.#exit.ask();
    this.#exit.kill('the pool ends');
  }

  #onReady(message: ReadyMessage): void {
    // The pool may have stopped it while it warmed up.
    if (this.#state.name !== 'warming') return;
    this.#start.done(message);
    this.assigned.claims.hasBoard = message.seesBoard && this.#transport.board?.claimOf(TEST_ID) !== undefined;
    this.metrics.systemThreadId = message.systemThreadId;
    this.#move({ name: 'idle' });
    this.#listener.ready(this, message.batches);
  }

  #onEmptied(): void {
    if (this.#state.name === 'busy' && this.assigned.size === 0) this.#move({ name: 'idle' });
    else if (this.#state.name === 'draining') this.stop(this.#state.stopWithinMs);
  }

  #onExit(exit: TransportExit): void {
    // Results of its handlers are in the log, even though the worker has ended.
    this.received.readLog(true);
    const { id, pid, threadId, metrics, startedAt } = this;
    const remains = remainsOf(this.assigned, this.#transport.board, this.#exit.isTrusted);
    const own = { id, pid, threadId, metrics, uptimeMs: this.#clock.now() - startedAt, remains };
    const end = this.#exit.ended(own, exit, this.#start);
    this.#start.end();
    this.assigned.stop(remains.others);
    this.received.end(end.report);
    this.#move({ name: 'exited' });
    this.#transport.release();
    this.#listener.exited(this, end);
  }

  /** The only place that writes `#state`. */
  #move(to: WorkerState): void {
    const from = this.#state;
    if (!canMove(from.name, to.name)) {
      throw new PoolError('ERR_STATE', { what: `worker ${this.id}`, from: from.name, to: to.name });
    }
    this.#state = to;
  }
}
