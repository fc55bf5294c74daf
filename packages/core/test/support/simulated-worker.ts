import { errorToWire } from '../../src/wire/error-wire.js';
import { FRAME } from '../../src/wire/frame.js';
import type { ReadyMessage } from '../../src/wire/messages.js';
import { STATUS } from '../../src/wire/record.js';
import type { Staff } from './scripted-engine.js';
import type { SentTask } from './scripted-transport.js';

/** A scripted worker that behaves as a real one does, one step at a time, as a test tells it. */
export class SimulatedWorker {
  readonly staff: Staff;
  readonly waiting: SentTask[] = [];
  readonly running: SentTask[] = [];
  /** A handler is called. */
  onStart: (task: SentTask) => void = () => {};
  readonly #concurrency: number;
  readonly #batches: ReadyMessage['batches'];
  readonly #answered: number[] = [];

  /** @param batches rules of its handlers that take lists */
  constructor(staff: Staff, concurrency: number, batches?: ReadyMessage['batches']) {
    this.staff = staff;
    this.#concurrency = concurrency;
    this.#batches = batches;
  }

  get isAlive(): boolean {
    return this.staff.worker.state !== 'exited';
  }

  /** The pool has stopped or killed it. */
  get mustGo(): boolean {
    const { transport } = this.staff;
    return this.isAlive && (transport.kills > 0 || transport.sent(FRAME.stop).length > 0);
  }

  get inFlight(): number {
    return this.waiting.length + this.running.length;
  }

  /** Reads what has been sent since the last time. */
  read(): void {
    this.waiting.push(...this.staff.transport.takeTasks());
  }

  becomeReady(): void {
    if (this.staff.worker.state !== 'starting') return;
    const handlers = ['work', 'timed', 'impatient', 'hedged', 'guarded', 'limited'];
    this.staff.transport.becomeReady(handlers, false, this.#batches);
  }

  failToStart(): void {
    if (this.staff.worker.state !== 'starting') return;
    const error = errorToWire(new Error('no model'), true);
    this.staff.transport.say(FRAME.startFailed, { phase: 'load', error });
    this.die();
  }

  /** Begins the next call, if a place is free; a task that was taken back is answered for in its turn, and not run. */
  begin(): void {
    if (!this.isAlive || this.running.length >= this.#concurrency) return;
    const task = this.waiting.shift();
    if (task === undefined) return;
    this.#beginOne(task);
    while (this.isAlive && this.waiting[0]?.joins === true) this.#beginOne(this.waiting.shift() as SentTask);
  }

  #beginOne(task: SentTask): void {
    const isRevoked = this.staff.transport.revoked.includes(task.wireId);
    this.staff.transport.begin(task);
    if (isRevoked) {
      this.#answer(task, STATUS.revoked);
      return;
    }
    this.running.push(task);
    this.onStart(task);
  }

  /** Begins to decode the input of the next task, and is ended by it. Gives the id of the task. */
  dieDecoding(): number | undefined {
    const [next] = this.waiting;
    if (!this.isAlive || next === undefined || this.running.length > 0) return undefined;
    this.staff.transport.decode(next);
    this.die();
    return next.taskId;
  }

  /** A handler returns, and no frame tells of it. */
  finishSilently(which: number): void {
    const [task] = this.running.splice(which % Math.max(1, this.running.length), 1);
    if (!this.isAlive || task === undefined) return;
    this.#answered.push(task.wireId);
    this.staff.transport.finish({ wireId: task.wireId, value: `result ${task.taskId}` });
  }

  /** A frame tells of all that finished silently: in a real worker that takes some ms. */
  tell(): void {
    if (this.isAlive) this.staff.transport.reply();
  }

  finish(which: number, status: number): void {
    const [task] = this.running.splice(which % Math.max(1, this.running.length), 1);
    if (this.isAlive && task !== undefined) this.#answer(task, status);
  }

  /** Answers once more for a task it has answered for. */
  repeat(which: number): void {
    const wireId = this.#answered[which % Math.max(1, this.#answered.length)];
    if (this.isAlive && wireId !== undefined) this.staff.transport.reply({ wireId, value: 'repeated' });
  }

  /** Ends, and gives the ids of the tasks that were running. */
  die(): number[] {
    if (!this.isAlive) return [];
    this.staff.transport.exit();
    return this.running.map(({ taskId }) => taskId);
  }

  #answer({ wireId, taskId }: SentTask, status: number): void {
    this.#answered.push(wireId);
    const error = status === STATUS.error ? errorToWire(new Error(`task ${taskId}`), true) : undefined;
    if (error !== undefined && this.#batches !== undefined) error.call = { how: 'failed' };
    const value = error ?? `result ${taskId}`;
    this.staff.transport.reply({ wireId, status, value });
  }
}
