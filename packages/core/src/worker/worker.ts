import type { Clock, Timer } from '../base/clock.js';
import { PoolError } from '../contract/errors.js';
import type { PressureLevel } from '../contract/worker-module.js';
import type { SectionDelta } from '../contract/trace.js';
import { openDecoder } from '../codec/open-codec.js';
import type { ValueEncoder } from '../codec/value-codec.js';
import { STATUS } from '../wire/record.js';
import {
  FRAME,
  type Frame,
  type PressureMessage,
  type ReadyMessage,
  type ReportMessage,
  type StartFailedMessage,
  type TuneMessage,
} from '../wire/frame.js';
import { TEST_ID } from '../wire/claim-board.js';
import type { Transport, TransportExit, WorkerSpec } from '../transport/transport.js';
import type { Holding, Task } from '../task/task.js';
import { Hand } from './hand.js';
import { initMessage } from './init-message.js';
import type { LoadTotals } from './load-meter.js';
import { wantedTasks, type Place } from './place.js';
import { ResultReader } from './result-reader.js';
import type { ResultRow } from './result-row.js';
import { sortRemains, workerEnd, type Remains, type WorkerEnd } from './worker-end.js';
import { Vitals } from './vitals.js';
import type { WorkerListener } from './worker-listener.js';
import { WorkerStart } from './worker-start.js';
import { canMove, type WorkerState } from './worker-state.js';

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
export class Worker {
  readonly id: number;
  readonly startedAt: number;
  /** From spawn to ready; 0 until then. */
  bootMs = 0;
  tasksDone = 0;
  /** Tasks it may be given in all; kept by supervise/recycler.ts. */
  mostTasks = Infinity;
  /** Rows of results read, those of tasks taken back included. */
  answered = 0;
  /** Lost what it had not begun because it stood still; nothing is sent ahead to it until it answers. */
  isStuck = false;
  readonly vitals: Vitals;
  /** When it answered last, or became ready; host clock. */
  usedAtMs = 0;
  #concurrency: number;
  /** Most tasks that ever ran at once in it: above one, a task that began before another may run still. */
  #widest: number;
  /** Work worth sending ahead to it, ms; kept by dispatch/hand-out.ts. */
  aheadMs = 1;
  /** Whether dispatch/places.ts has it in its list. A Set of workers that come and go allocates each time. */
  isListed = false;
  /** Given nothing more while memory is short. */
  isHeld = false;
  /** Set aside for one task that must run alone. */
  reserved = false;
  /** Results that nobody waited for. */
  ignoredResults = 0;
  /** Values of ctx.progress that it dropped, for there were too many, and those that could not be read. */
  droppedProgress = 0;
  readonly #clock: Clock;
  readonly #listener: WorkerListener;
  readonly #transport: Transport;
  readonly #handlers = new Map<string, number>();
  readonly #hand: Hand;
  readonly #reader: ResultReader;
  /** When a frame or a result of it was read last; host clock. */
  heardAtMs: number;
  #state: WorkerState;
  #stopWithinMs = 0;
  #wasReady = false;
  readonly #start: WorkerStart;
  #killTimer: Timer | undefined;
  #how: WorkerEnd['how'] = 'died';
  #fault: Error | undefined;
  #killedFor: string | undefined;

  /** @param encoder the pool's, by which inputs were encoded */
  constructor(
    spec: WorkerSpec,
    start: (spec: WorkerSpec) => Transport,
    encoder: ValueEncoder,
    clock: Clock,
    listener: WorkerListener,
  ) {
    this.id = spec.workerId;
    this.#clock = clock;
    this.#listener = listener;
    this.startedAt = this.heardAtMs = clock.now();
    this.vitals = new Vitals(this.startedAt);
    this.#concurrency = this.#widest = spec.concurrency;
    const { startTimeoutMs } = spec.options;
    this.#state = { name: 'starting', deadlineMs: this.startedAt + startTimeoutMs };
    this.#transport = start(spec);
    this.#transport.onExit = (exit) => this.#onExit(exit);
    const { channel } = this.#transport;
    channel.onFrame = (frame) => this.#onFrame(frame);
    channel.onFault = (error) => this.#onFault(error);
    this.#hand = new Hand({
      holder: this,
      transport: this.#transport,
      encoder,
      clock,
      graceMs: spec.options.graceMs,
      refused: (task, refusal) => listener.refused(this, task, refusal),
      timedOut: (task, ranMs, by) => listener.timedOut(this, task, ranMs, by),
      overdue: () => this.kill('a task that was ended before did not return within graceMs'),
      emptied: () => this.#onEmptied(),
      readLog: () => this.readLog(),
    });
    this.#reader = new ResultReader({
      log: this.#transport.log,
      arena: this.#transport.arena,
      openDecoder: () => openDecoder(spec.options.codec),
      isWanted: (wireId) => this.#hand.get(wireId)?.isAbandoned === false,
      onRow: (row) => this.#onRow(row),
    });
    this.#start = new WorkerStart({
      clock,
      moduleUrl: spec.moduleUrl,
      timeoutMs: startTimeoutMs,
      state: () => this.#state.name,
      tooSlow: () => this.kill('it was not ready within startTimeoutMs'),
    });
    try {
      this.#transport.board?.revoke(TEST_ID);
      this.#transport.channel.send(FRAME.init, initMessage(spec, this.#transport));
    } catch (error) {
      // Its data cannot be encoded. Nobody would know of this child.
      this.#start.end();
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

  get threadId(): number | undefined {
    return this.#transport.threadId;
  }

  /** Takes tasks. */
  get isReady(): boolean {
    return this.#state.name === 'idle' || this.#state.name === 'busy';
  }

  /** Tasks handed to it and unsettled. */
  get load(): number {
    return this.#hand.size;
  }

  /** Whether it has as many as it can tell apart. */
  get isFull(): boolean {
    return this.#hand.isFull;
  }

  /** Tasks it may still be given; not above 0 when it has been given its last. */
  get tasksLeft(): number {
    return this.mostTasks - this.tasksDone - this.#hand.size;
  }

  /** Execution time expected of them, ms. */
  get expectedMs(): number {
    return this.#hand.expectedMs;
  }

  /** Whether tasks may be sent ahead: both sides see the claim board, so they could be taken back. */
  get hasBoard(): boolean {
    return this.#hand.hasBoard;
  }

  /** How long it has been ready, ms. */
  readyMs(nowMs: number): number {
    return !this.#wasReady ? 0 : nowMs - this.startedAt - this.bootMs;
  }

  /** Index of a handler in the worker's own list; undefined when it has none of this name. */
  handlerIndex(name: string): number | undefined {
    return this.#handlers.get(name);
  }

  get handlerNames(): string[] {
    return [...this.#handlers.keys()];
  }

  /** Puts a task in hand; it leaves with the next `flush`. Only for a ready worker. */
  assign(task: Task, handler: number): Holding {
    if (this.#state.name !== 'busy') this.#move({ name: 'busy' });
    return this.#hand.add(task, handler);
  }

  /** Whether anything was assigned since the last flush. */
  get hasUnsent(): boolean {
    return this.#hand.hasUnsent;
  }

  /** So many tasks run at once in it from now on. Only for a ready worker. */
  tune(concurrency: number): void {
    if (concurrency === this.#concurrency) return;
    this.#concurrency = concurrency;
    this.#widest = Math.max(this.#widest, concurrency);
    this.#transport.channel.send(FRAME.tune, { concurrency } satisfies TuneMessage);
  }

  /** Memory is short. Only for a worker that has been ready. */
  tellPressure(level: PressureLevel): void {
    if (this.isReady) this.#transport.channel.send(FRAME.pressure, { level } satisfies PressureMessage);
  }

  /** How much it has worked since its start. */
  readLoad(nowMs: number): LoadTotals {
    return this.vitals.readLoad(nowMs, this.load > 0);
  }

  /** Whether it has tasks and has told nothing for a while: its loop must be busy. */
  isSilent(nowMs: number): boolean {
    return this.load > 0 && this.vitals.isSilent(nowMs);
  }

  /** Sends what was assigned since the last flush. @param isCalm see CALM in wire/frame.ts */
  flush(isCalm = false): void {
    if (this.#state.name !== 'exited') this.#hand.send(isCalm);
  }

  /** Tasks in hand that somebody waits for, oldest first. */
  tasks(): Task[] {
    return wantedTasks(this.#hand.all());
  }

  /** Whether it may have tasks in hand that have not begun. */
  get hasAhead(): boolean {
    return this.#hand.hasAhead;
  }

  /** Tasks in hand that have not begun, oldest first. */
  unbegun(): Task[] {
    this.readLog();
    return this.#hand.unbegun();
  }

  /** Whether any of its tasks has begun and not returned. */
  hasBegun(): boolean {
    this.readLog();
    return this.#hand.hasBegun();
  }

  /** Whether it may wait for a slow reader of its output. */
  get isHeldUp(): boolean {
    return this.#transport.isOutputHeldUp();
  }

  /**
   * Takes the results that it has ready and no frame has told of: it may be busy, or dead.
   * @param isEverything whether also those that progress may come before
   */
  readLog(isEverything = true): void {
    const nowMs = this.#clock.now();
    try {
      if (!this.#reader.readLog(nowMs, isEverything)) return;
    } catch (error) {
      this.#onFault(error as Error);
    }
    this.heardAtMs = this.usedAtMs = nowMs;
    if (this.#state.name !== 'exited') this.#listener.settled(this);
  }

  /**
   * Takes a task back that has not begun; the worker will not run it, even if it is stuck in synchronous code now. False
   * when it has begun, or that cannot be known.
   */
  recall(task: Task): boolean {
    return this.#hand.recall(task);
  }

  /**
   * Lets go of a task nobody waits for any more; the worker will not speak of it again. If its handler has begun it
   * is told through ctx.signal, and unless it ends within `graceMs`, the worker is killed.
   */
  abandon(task: Task, reason: unknown): void {
    this.#hand.abandon(task, reason);
  }

  /** Where its handler is now, even in synchronous code; undefined if that cannot be told in time. */
  stack(withinMs: number): Promise<string | undefined> {
    return this.#transport.stack(withinMs);
  }

  /** When the handler of a task in its hand was called, host clock; undefined when it was not yet. */
  begunAt(task: Task): number | undefined {
    this.readLog();
    const { place } = task;
    return place === undefined ? undefined : this.#hand.begunAt(place as Place);
  }

  /** Whether this task is (still) in its hand. */
  holds(task: Task): boolean {
    return task.place?.holder === this;
  }

  /** Takes nothing more, finishes what it has in hand, then stops within `stopWithinMs`. */
  drain(reason: string, stopWithinMs: number): void {
    this.#stopWithinMs = stopWithinMs;
    if (!this.#hand.isEmpty && this.#state.name === 'busy') this.#move({ name: 'draining', reason });
    else if (this.#state.name !== 'draining') this.stop(stopWithinMs);
  }

  /** Asks it to tear down and exit, and kills it after `withinMs`. */
  stop(withinMs: number): void {
    this.#how = 'asked';
    if (this.#state.name === 'stopping' || this.#state.name === 'exited') return;
    const isLoaded = this.#state.name !== 'starting';
    this.#move({ name: 'stopping', killAtMs: this.#clock.now() + withinMs });
    this.#start.end();
    // A module that is still loading has nothing to tear down, and may never get to the end of its loading.
    if (!isLoaded && this.#transport.isKillClean) {
      this.#transport.kill();
      return;
    }
    this.#transport.expectExit();
    this.#transport.channel.send(FRAME.stop, undefined);
    this.#killTimer = this.#clock.after(withinMs, () => this.#transport.kill());
  }

  /** Ends it now, because of what it does. It will be replaced. @param why the end of a sentence, for those it had in hand */
  kill(why: string): void {
    if (this.#how === 'died') this.#how = 'killed';
    if (this.#how === 'killed') this.#killedFor ??= why;
    this.#transport.kill();
  }

  /** Ends it now, because the pool ends. */
  destroy(): void {
    this.#how = 'asked';
    this.#transport.kill();
  }

  #onFrame(frame: Frame): void {
    this.heardAtMs = this.#clock.now();
    switch (frame.kind) {
      case FRAME.results:
        this.#onResults(frame);
        break;
      case FRAME.progress: {
        const [wireId = 0, , asks = 0, dropped = 0] = frame.meta;
        const told = this.#reader.progress(frame);
        const place = this.#hand.get(wireId);
        this.droppedProgress += told === undefined ? dropped + 1 : dropped;
        const isWanted = place?.task !== undefined && !place.isAbandoned;
        if (isWanted && told !== undefined) this.#listener.progress(this, place.task as Task, told.value);
        if (asks === 1) this.#transport.channel.send(FRAME.progressTaken, undefined);
        break;
      }
      case FRAME.report: {
        const report = frame.body as ReportMessage;
        const { sections } = report;
        const uses = this.vitals.report(this.#clock.now(), report);
        this.#listener.reported(this, uses);
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
        this.#start.noteFailed(frame.body as StartFailedMessage);
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

  #onReady({ handlers, seesBoard, systemThreadId }: ReadyMessage): void {
    // It may have been told to stop while it warmed up.
    if (this.#state.name !== 'warming') return;
    this.#start.end();
    this.#hand.hasBoard = seesBoard && this.#transport.board?.claimOf(TEST_ID) !== undefined;
    handlers.forEach((name, index) => this.#handlers.set(name, index));
    this.usedAtMs = this.#clock.now();
    this.bootMs = this.usedAtMs - this.startedAt;
    this.#wasReady = true;
    this.vitals.warm(systemThreadId);
    this.#move({ name: 'idle' });
    this.#listener.ready(this);
  }

  #onResults(frame: Frame): void {
    this.usedAtMs = this.#clock.now();
    this.#reader.readFrame(frame, this.usedAtMs);
    this.#listener.settled(this);
  }

  #onRow(row: ResultRow): void {
    const place = this.#hand.get(row.wireId);
    if (row.kind < STATUS.neverStarted) this.#hand.lastEndedAt = Math.max(this.#hand.lastEndedAt, row.endedAt);
    // A second result for one task: the first one counts.
    if (place?.task === undefined) {
      this.ignoredResults++;
      return;
    }
    const { task, isAbandoned } = place;
    if (isAbandoned && row.kind !== STATUS.neverStarted) this.ignoredResults++;
    this.answered++;
    if (row.kind < STATUS.neverStarted) this.tasksDone++;
    this.#hand.letGo(place);
    if (!isAbandoned) this.#listener.result(this, task, row);
  }

  #onEmptied(): void {
    if (this.#state.name === 'busy' && this.#hand.size === 0) this.#move({ name: 'idle' });
    else if (this.#state.name === 'draining') this.stop(this.#stopWithinMs);
  }

  #onExit(exit: TransportExit): void {
    if (!this.#wasReady && this.#how !== 'asked') this.#how = 'failedToStart';
    // What its handlers have returned is there, though it is not.
    this.readLog();
    const startError = this.#how === 'failedToStart' ? this.#start.errorOf(exit) : undefined;
    const { id, pid, threadId, vitals } = this;
    const uptimeMs = this.#clock.now() - this.startedAt;
    const ended = { id, pid, threadId, vitals, uptimeMs, remains: this.#remains() };
    const end = workerEnd(ended, exit, {
      how: this.#how,
      startError,
      fault: this.#fault,
      killedFor: this.#killedFor,
    });
    this.#start.end();
    this.#killTimer?.cancel();
    this.#hand.stop();
    this.#move({ name: 'exited' });
    this.#transport.release();
    this.#listener.exited(this, end);
  }

  /** What it had in hand at its end, and what board and log say of it. */
  #remains(): Remains {
    const { board } = this.#transport;
    const places = this.#hand.all();
    // A board that was wiped, or a log that was damaged, tells nothing: whatever it was sent may have begun.
    const isReliable = this.#fault === undefined && (!this.#hand.hasBoard || board?.isIntact() === true);
    const begun = places.map((place) =>
      isReliable ? this.#hand.begunAt(place) : Number.isNaN(place.sentAt) ? undefined : place.sentAt,
    );
    const decodingId = isReliable && this.#hand.hasBoard ? (board?.decoding() ?? 0) : 0;
    return sortRemains(places, begun, decodingId, isReliable && this.#hand.hasBoard && this.#widest === 1);
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
