import { hostNowMs } from '../base/clock.js';
import type { Arena } from '../codec/arena.js';
import type { ValueDecoder } from '../codec/value-codec.js';
import type { WorkerBoard } from '../wire/claim-board.js';
import { CALM, MORE, type TasksFrame, type WorkerChannel } from '../wire/frame.js';
import type { CancelMessage } from '../wire/messages.js';
import { Backlog } from './backlog.js';
import type { BusyPoll } from './busy-poll.js';
import { CallLengths } from './call-lengths.js';
import { Claimer } from './claimer.js';
import type { Invocation } from './invocation.js';
import { Invoker } from './invoker.js';
import { PendingInputs } from './pending-inputs.js';
import { type ProfileSwitch, UNPROFILED } from './profile/task-hooks.js';
import { ResultBatch } from './result-batch.js';
import type { ResultWriter } from './result-writer.js';
import type { WorkerScope } from './running-task.js';
import { Settlement } from './settlement.js';
import type { TaskUse } from './task-use.js';
import { Turns } from './turns.js';
import type { LoadedModule } from './worker-module.js';

/** Surroundings that the loop needs. */
export interface LoopParts {
  channel: WorkerChannel;
  results: ResultWriter;
  decoder: ValueDecoder;
  arena: Arena | undefined;
  module: LoadedModule;
  scope: WorkerScope;
  /** Undefined if parent and worker share no memory: then the parent assumes that every sent task has begun. */
  board: WorkerBoard | undefined;
  /** At first. */
  concurrency: number;
  /** Length from which inputs are decoded before their task is claimed; see wire/claim-board.ts. */
  heavyBytes: number;
  poll: BusyPoll;
  profiling?: ProfileSwitch | undefined;
  /** By handler. */
  uses: readonly TaskUse[];
  /** Most rows of one call, by handler. A handler of several rows takes and returns lists; see invoker.ts. */
  mostRows: readonly number[];
  /** Called before results leave; `idle` when nothing is left to do. */
  beforeFlush(idle: boolean): void;
}

/**
 * Runs tasks in the order of arrival, at most `concurrency` calls at once. It decides when which rows are called.
 *
 * Handlers are called one after another in one turn of the event loop, in slices (turns.ts). Between slices the loop turns, so that
 * cancellations and timers of handlers get their chance.
 */
export class TaskLoop {
  readonly #parts: LoopParts;
  readonly #backlog = new Backlog();
  readonly #batch: ResultBatch;
  readonly #claimer: Claimer | undefined;
  readonly #invoker: Invoker;
  readonly #settlement: Settlement;
  readonly #profiling: ProfileSwitch;
  #concurrency: number;
  /** Whether any handler takes several rows. */
  readonly #takesLists: boolean;
  readonly #frames: PendingInputs[] = [];
  /** Whether the last frame had one task only, and no other is waiting. */
  #isCalm = false;
  #insideRun = false;
  /** Handler calls so far, and rows that were answered without one. */
  calls = 0;
  readonly #turns = new Turns({ turned: () => this.#onTurn(), reacted: () => this.#run() });

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#profiling = parts.profiling ?? UNPROFILED;
    this.#concurrency = parts.concurrency;
    this.#takesLists = parts.mostRows.some((most) => most > 1);
    const { board, concurrency, heavyBytes, mostRows, results, scope } = parts;
    const lengths = parts.module.handlers.map(() => new CallLengths());
    const claimer = board && new Claimer(board, lengths, concurrency, heavyBytes, mostRows);
    const batch = new ResultBatch({
      results,
      progress: scope.progress,
      flows: scope.flows,
      usage: scope.usage,
      sections: scope.sections,
      backlog: this.#backlog,
      lacksRoom: () => this.#withdrawRun(),
      beforeSend: () => parts.beforeFlush(this.idle),
      sent: () => {
        if (this.#isCalm && this.idle) parts.poll.rest();
      },
    });
    const spare: Invocation[] = [];
    this.#claimer = claimer;
    this.#batch = batch;
    this.#settlement = new Settlement({ ...parts, batch, spare, ended: () => this.#run() });
    scope.sections.watch(this);
    this.#invoker = new Invoker({ ...parts, claimer, lengths, batch, settlement: this.#settlement, spare });
  }

  /** Most calls at one time. */
  get concurrency(): number {
    return this.#concurrency;
  }

  /** Whether no task waits and none runs. */
  get idle(): boolean {
    return this.#frames.length === 0 && this.#settlement.calls === 0;
  }

  /** Whether other calls than its own have returned and are not over. @param id a task, or what `callOwner` gives */
  hasOthers(id: number): boolean {
    return this.#settlement.calls > (this.#settlement.isWaiting(id < 0 ? -1 - id : id) ? 1 : 0);
  }

  /** Whether a handler runs. */
  get isHandling(): boolean {
    return this.#insideRun || this.#settlement.calls > 0;
  }

  accept(frame: TasksFrame): void {
    const inputs = new PendingInputs(frame, this.#parts.decoder, this.#parts.arena, this.#profiling);
    this.#frames.push(inputs);
    const word = frame.meta[1] ?? 0;
    this.#backlog.add(inputs.rows, (word & MORE) !== 0);
    this.#batch.noteWork(frame.receivedAt);
    this.#isCalm = inputs.rows === 1 && (word & CALM) !== 0;
    this.#parts.poll.wake(frame.receivedAt);
    this.#turns.begin(frame.receivedAt);
    if (this.#isCalm) this.#run();
    // All frames that have arrived come first: the wait of results depends on the work that is left. Once each frame ran at once.
    // Two processes, with 45 tasks of 150 µs in flight each, then saw at most three of them. They answered for three at a time.
    else this.#turns.next();
  }

  /** Sets how many calls run at once. */
  tune(concurrency: number): void {
    // It has ended.
    if (this.#concurrency === 0) return;
    this.#concurrency = concurrency;
    this.#claimer?.tune(concurrency);
    // With concurrent calls, the log no longer shows which task of a run has begun.
    if (concurrency > 1) this.#withdrawRun();
    this.#turns.next();
  }

  /** Cancels a running handler. A task that waits is revoked over the board, not by a message. */
  cancel({ id, reason }: CancelMessage): void {
    this.#settlement.cancel(id, reason);
  }

  flush(): void {
    const { hooks } = this.#profiling;
    if (hooks === undefined) {
      this.#batch.send();
      return;
    }
    const begin = hostNowMs();
    this.#batch.send();
    hooks.sent(hostNowMs() - begin);
  }

  /** Ends it: no task begins any more, and no result is sent or logged. Handlers that run are not stopped. */
  end(): void {
    this.#concurrency = 0;
    this.#batch.end();
  }

  #onTurn(): void {
    this.#run();
    // Nothing more can run now: everything is done, or the allowed number of calls waits.
    if (this.#backlog.rows === 0 || this.#settlement.calls >= this.#concurrency) this.flush();
    else this.#batch.sendIfDue();
  }

  #run(): void {
    if (this.#insideRun || this.#turns.isReacting) return;
    this.#insideRun = true;
    const { mostRows } = this.#parts;
    let now = hostNowMs();
    while (this.#settlement.calls < this.#concurrency) {
      const inputs = this.#frames[0];
      if (inputs === undefined) break;
      if (!this.#turns.mayCall(now, this.#settlement.calls === 0)) break;
      const rows = this.#takesLists ? inputs.together(mostRows) : 1;
      this.#backlog.start(rows);
      if (inputs.left === rows) this.#frames.shift();
      const until = inputs.row + rows;
      this.calls++;
      const next = this.#invoker.start(inputs, rows, now);
      if (inputs.row < until) this.#putBack(inputs, until - inputs.row);
      this.#backlog.note(rows, next - now);
      now = next;
    }
    this.#insideRun = false;
    if (this.#batch.isEmpty) return;
    if (this.#isCalm && this.idle) this.flush();
    else this.#turns.next();
  }

  /** Puts rows back that a full call did not take. They make the next one. */
  #putBack(inputs: PendingInputs, rows: number): void {
    this.#backlog.start(-rows);
    if (this.#frames[0] !== inputs) this.#frames.unshift(inputs);
  }

  /** Withdraws the rest of a claimed run, which is then claimed one by one. */
  #withdrawRun(): void {
    const next = this.#frames[0];
    if (next !== undefined) this.#claimer?.withdraw(next.frame, next.row + 1);
  }
}
