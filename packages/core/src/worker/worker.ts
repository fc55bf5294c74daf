import type { Clock, Timer } from '../base/clock.js';
import { PoolError } from '../contract/errors.js';
import type { SectionDelta } from '../contract/trace.js';
import { errorFromWire, errorToWire, type WireThrown } from '../wire/error-wire.js';
import {
  FRAME,
  PROTOCOL_VERSION,
  STATUS,
  type CancelMessage,
  type Frame,
  type InitMessage,
  type ProgressMessage,
  type ReadyMessage,
  type ReportMessage,
  type StartFailedMessage,
} from '../wire/frame.js';
import { TEST_ID } from '../wire/claim-board.js';
import type { Transport, TransportExit, WorkerSpec } from '../transport/transport.js';
import { InHand, isGhost, type Cargo, type Ghost } from './in-hand.js';
import { Outbox } from './outbox.js';
import { ResultRow } from './result-row.js';
import { TaskWatch } from './task-watch.js';
import { deathReport, diedBeforeReady, sortRemains, startError, withoutGhosts, type WorkerEnd } from './worker-end.js';
import { canMove, type WorkerState } from './worker-state.js';

/** Whom a worker tells. Given once, at construction; all calls come from the event loop, none from inside a call down. */
export interface WorkerListener<T extends Cargo> {
  ready(worker: Worker<T>): void;
  /** One row of a results frame. The task is out of hand already. */
  result(worker: Worker<T>, task: T, row: ResultRow): void;
  /** A whole frame of results was read: there may be room now. */
  settled(worker: Worker<T>): void;
  refused(worker: Worker<T>, task: T, reason: string): void;
  progress(worker: Worker<T>, task: T, value: unknown): void;
  timedOut(worker: Worker<T>, task: T, ranMs: number | undefined, by: 'timeoutMs' | 'deadline'): void;
  sections(worker: Worker<T>, sections: SectionDelta[]): void;
  exited(worker: Worker<T>, end: WorkerEnd<T>): void;
}

/**
 * One child's life, seen from the parent; the only writer of its state.
 *
 * - starting: from spawn, until the module is loaded.
 * - warming: setup and warmup run, until the child says ready.
 * - idle, busy: ready, without or with tasks in hand.
 * - draining: finishes what it has in hand, takes nothing more.
 * - stopping: asked to tear down and exit; killed at `killAtMs`.
 * - exited: the child is gone and its last frame was read.
 */
export class Worker<T extends Cargo> {
  readonly id: number;
  readonly startedAt: number;
  /** From spawn to ready; 0 until then. */
  bootMs = 0;
  tasksDone = 0;
  /** Rows of results read, those of tasks taken back included. */
  answered = 0;
  /** Lost what it had not begun because it stood still; nothing is sent ahead to it until it answers. */
  isStuck = false;
  /** The worker's own last report. */
  vitals = { rssBytes: 0, heapUsedBytes: 0, cpu: 0, elu: 0 };
  /** Execution time expected of what it has in hand, ms. */
  expectedMs = 0;
  /** Set aside for one task that must run alone. */
  reserved = false;
  /** Whether both sides see the claim board. Without it nothing may be sent ahead, since it could not be taken back. */
  hasBoard = false;
  readonly #spec: WorkerSpec;
  readonly #clock: Clock;
  readonly #listener: WorkerListener<T>;
  readonly #transport: Transport;
  readonly #inHand = new InHand<T>();
  readonly #outbox: Outbox<T>;
  readonly #handlers = new Map<string, number>();
  readonly #watch: TaskWatch<T>;
  #state: WorkerState;
  #stopWithinMs = 0;
  /** False once all in hand were seen to have begun: a worker whose tasks wait side by side is not looked at again. */
  #mayBeUnbegun = false;
  #timer: Timer;
  #how: WorkerEnd<T>['how'] = 'died';
  #fault: Error | undefined;
  #startError: PoolError<'ERR_WORKER_START'> | undefined;

  constructor(spec: WorkerSpec, start: (spec: WorkerSpec) => Transport, clock: Clock, listener: WorkerListener<T>) {
    this.id = spec.workerId;
    this.#spec = spec;
    this.#clock = clock;
    this.#listener = listener;
    this.startedAt = clock.now();
    const { startTimeoutMs } = spec.options;
    this.#state = { name: 'starting', deadlineMs: this.startedAt + startTimeoutMs };
    this.#transport = start(spec);
    this.#transport.onExit = (exit) => this.#onExit(exit);
    const { channel } = this.#transport;
    channel.onFrame = (frame) => this.#onFrame(frame);
    channel.onFault = (error) => this.#onFault(error);
    this.#outbox = new Outbox(channel, this.#handlers, (task, reason) => {
      this.#letGo(task);
      this.#listener.refused(this, task, reason);
    });
    this.#watch = new TaskWatch<T>({
      clock,
      inHand: () => this.#inHand.all(),
      startedAt: (item) => this.#startedAt(item),
      graceMs: spec.options.graceMs,
      timedOut: (task, ranMs, by) => listener.timedOut(this, task, ranMs, by),
      overdue: () => this.kill(),
    });
    this.#timer = clock.after(startTimeoutMs, () => this.#startTooSlow());
    try {
      this.#transport.board.revoke(TEST_ID);
      this.#init();
    } catch (error) {
      // Its data cannot be encoded. Nobody would know of this child.
      this.#timer.cancel();
      this.#transport.onExit = () => this.#transport.release();
      this.#transport.kill();
      throw error;
    }
  }

  get state(): WorkerState['name'] {
    return this.#state.name;
  }

  get pid(): number | undefined {
    return this.#transport.pid;
  }

  /** Takes tasks. */
  get isReady(): boolean {
    return this.#state.name === 'idle' || this.#state.name === 'busy';
  }

  /** Tasks handed to it and unsettled. */
  get load(): number {
    return this.#inHand.size;
  }

  /** How long it has been ready, ms. */
  readyMs(nowMs: number): number {
    return this.bootMs === 0 ? 0 : nowMs - this.startedAt - this.bootMs;
  }

  hasHandler(name: string): boolean {
    return this.#handlers.has(name);
  }

  get handlerNames(): string[] {
    return [...this.#handlers.keys()];
  }

  /** Puts a task in hand; it leaves with the next `flush`. Only for a ready worker. */
  assign(task: T): void {
    if (this.#state.name !== 'busy') this.#move({ name: 'busy' });
    this.#inHand.add(task);
    this.expectedMs += task.expectedMs;
    task.assignedAt = this.#clock.now();
    this.#outbox.add(task);
    this.#mayBeUnbegun = true;
    if (task.timeoutMs < Infinity || task.deadlineMs < Infinity) this.#watch.expect(task);
  }

  /** Sends what was assigned since the last flush. */
  flush(): void {
    this.#outbox.send();
  }

  /** Whether it may have tasks in hand that have not begun. */
  get hasAhead(): boolean {
    return this.#mayBeUnbegun && this.load > 1;
  }

  /** Tasks in hand that have not begun, oldest first. */
  ahead(): T[] {
    if (!this.hasAhead) return [];
    const unbegun = withoutGhosts(this.#inHand.all()).filter((task) => this.#startedAt(task) === undefined);
    this.#mayBeUnbegun = unbegun.length > 0;
    return unbegun;
  }

  /**
   * Takes a task back that has not begun; the worker will not run it, even if it is stuck in synchronous code now. False
   * when it has begun, or that cannot be known.
   */
  recall(task: T): boolean {
    if (this.#outbox.remove(task)) {
      this.#letGo(task);
      return true;
    }
    if (!this.hasBoard || !this.#transport.board.revoke(task.wireId)) return false;
    // Its place stays taken until the worker has come across it and answered.
    this.#inHand.abandon(task);
    return true;
  }

  /**
   * Lets go of a task nobody waits for any more; the worker will not speak of it again. If its handler has begun it
   * is told through ctx.signal, and unless it ends within `graceMs`, the worker is killed.
   */
  abandon(task: T, reason: unknown): void {
    if (this.recall(task)) return;
    const wire = errorToWire(reason, (value) => this.#transport.channel.refusal(value) === undefined);
    this.#transport.channel.send(FRAME.cancel, { id: task.wireId, reason: wire } satisfies CancelMessage);
    this.#watch.abandon(this.#inHand.abandon(task));
  }

  /** Where its handler is now, even in synchronous code; undefined if that cannot be told in time. */
  stack(withinMs: number): Promise<string | undefined> {
    return this.#transport.stack(withinMs);
  }

  /** Whether this task is (still) in its hand. */
  holds(task: T): boolean {
    return this.#inHand.get(task.wireId) === task;
  }

  /** Takes nothing more, finishes what it has in hand, then stops within `stopWithinMs`. */
  drain(reason: string, stopWithinMs: number): void {
    this.#stopWithinMs = stopWithinMs;
    if (this.#state.name === 'busy') this.#move({ name: 'draining', reason });
    else if (this.#state.name !== 'draining') this.stop(stopWithinMs);
  }

  /** Asks it to tear down and exit, and kills it after `withinMs`. */
  stop(withinMs: number): void {
    this.#how = 'asked';
    if (this.#state.name === 'stopping' || this.#state.name === 'exited') return;
    const isLoaded = this.#state.name !== 'starting';
    this.#move({ name: 'stopping', killAtMs: this.#clock.now() + withinMs });
    this.#timer.cancel();
    // A module that is still loading has nothing to tear down, and may never get to the end of its loading.
    if (!isLoaded && this.#transport.isKillClean) {
      this.#transport.kill();
      return;
    }
    this.#transport.expectExit();
    this.#transport.channel.send(FRAME.stop, undefined);
    this.#timer = this.#clock.after(withinMs, () => this.#transport.kill());
  }

  /** Ends it now, because of what it does. It will be replaced. */
  kill(): void {
    if (this.#how === 'died') this.#how = 'killed';
    this.#transport.kill();
  }

  /** Ends it now, because the pool ends. */
  destroy(): void {
    this.#how = 'asked';
    this.#transport.kill();
  }

  #init(): void {
    const { moduleUrl, workerId, options } = this.#spec;
    const message: InitMessage = {
      protocol: PROTOCOL_VERSION,
      moduleUrl,
      workerId,
      workerData: options.workerData,
      concurrency: options.concurrency,
      board: this.#transport.sharedBoard,
      guard: this.#transport.wantsGuard,
    };
    this.#transport.channel.send(FRAME.init, message);
  }

  #onFrame(frame: Frame): void {
    switch (frame.kind) {
      case FRAME.results:
        this.#onResults(frame);
        break;
      case FRAME.progress: {
        const { id, value } = frame.body as ProgressMessage;
        const task = this.#inHand.get(id);
        if (task !== undefined && !isGhost(task)) this.#listener.progress(this, task, value);
        break;
      }
      case FRAME.report: {
        const { sections, ...vitals } = frame.body as ReportMessage;
        this.vitals = vitals;
        if (sections.length > 0) this.#listener.sections(this, sections as SectionDelta[]);
        break;
      }
      case FRAME.warming:
        if (this.#state.name === 'starting') this.#move({ ...this.#state, name: 'warming' });
        break;
      case FRAME.ready:
        this.#onReady(frame.body as ReadyMessage);
        break;
      case FRAME.startFailed:
        this.#onStartFailed(frame.body as StartFailedMessage);
        break;
      default:
        throw new Error(`Worker ${this.id} sent a frame of kind ${frame.kind}, which only parents send.`);
    }
  }

  /** Its words cannot be trusted any more, or we tripped over them. It ends as one that died, and says why. */
  #onFault(error: Error): void {
    this.#fault ??= error;
    this.#transport.kill();
  }

  #onReady({ handlers, seesBoard }: ReadyMessage): void {
    // It may have been told to stop while it warmed up.
    if (this.#state.name !== 'warming') return;
    this.#timer.cancel();
    this.hasBoard = seesBoard && this.#transport.board.startedAt(TEST_ID) !== undefined;
    handlers.forEach((name, index) => this.#handlers.set(name, index));
    this.bootMs = this.#clock.now() - this.startedAt;
    this.#move({ name: 'idle' });
    this.#listener.ready(this);
  }

  #onStartFailed({ phase, error }: StartFailedMessage): void {
    const cause = errorFromWire(error as WireThrown);
    const reason = `${cause.name}: ${cause.message}`;
    this.#startError = startError(this.#spec.moduleUrl, phase, reason, cause);
  }

  #startTooSlow(): void {
    const phase = this.#state.name === 'warming' ? 'setup or warmup' : 'load';
    const reason = `took longer than startTimeoutMs (${this.#spec.options.startTimeoutMs} ms).`;
    this.#startError = startError(this.#spec.moduleUrl, phase, reason);
    this.kill();
  }

  #onResults(frame: Frame): void {
    const row = new ResultRow(frame);
    while (row.next()) {
      const item = this.#inHand.get(row.wireId);
      // A second result for one task: the first one counts.
      if (item === undefined) continue;
      this.answered++;
      if (row.status !== STATUS.neverStarted) this.tasksDone++;
      this.#letGo(item);
      if (!isGhost(item)) this.#listener.result(this, item, row);
    }
    this.#listener.settled(this);
  }

  /** Takes something out of hand. */
  #letGo(item: T | Ghost): void {
    this.#inHand.remove(item);
    this.expectedMs = this.#inHand.size === 0 ? 0 : this.expectedMs - item.expectedMs;
    if (isGhost(item)) this.#watch.forget(item);
    if (this.#inHand.size > 0) return;
    if (this.#state.name === 'busy') this.#move({ name: 'idle' });
    else if (this.#state.name === 'draining') this.stop(this.#stopWithinMs);
  }

  #onExit(exit: TransportExit): void {
    const { moduleUrl, options } = this.#spec;
    const startedAt = (item: T | Ghost): number | undefined => this.#startedAt(item);
    const { running, runningSince, others } = sortRemains(this.#inHand.all(), startedAt, options.concurrency);
    if (this.bootMs === 0 && this.#how !== 'asked') {
      this.#how = 'failedToStart';
      this.#startError ??= diedBeforeReady(moduleUrl, this.#state.name, exit);
    }
    this.#timer.cancel();
    this.#watch.stop();
    this.#move({ name: 'exited' });
    this.#transport.release();
    this.#listener.exited(this, {
      report: deathReport(this, exit, this.#clock.now() - this.startedAt, running),
      how: this.#how,
      startError: this.#startError,
      fault: this.#fault,
      running: withoutGhosts(running),
      runningCount: running.length,
      runningSince,
      others: withoutGhosts(others),
    });
  }

  /** When the handler was called, if it was. Without a board everything sent runs at once. */
  #startedAt(item: T | Ghost): number | undefined {
    return this.hasBoard ? this.#transport.board.startedAt(item.wireId) : item.sentAt;
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
