import { setImmediate } from '../base/natives.js';
import type { OutputStream } from '../contract/stdio.js';
import type { OutputListener } from '../transport/line-reporter.js';
import type { InFlightTasks } from './in-flight-tasks.js';
import type { Printer, WorkerListener } from './worker-listener.js';

export interface WorkerOutputParts<W> {
  /** Passed to the listener with every line. */
  worker: W;
  listener: Pick<WorkerListener<W>, 'wantsOutput' | 'output'>;
  assigned: Pick<InFlightTasks, 'all' | 'begunAt'>;
  /** Reads the results in the worker's log. */
  readLog(): void;
  /** Number of results that came from the worker so far. */
  tasksDone(): number;
}

/** Stands for tasks that ended before anyone noted the ends. */
const UNKNOWN: Printer = { id: 0, name: '' };

/**
 * Finds the task that printed a line. A worker's output and its results come by different ways, so a line may arrive after its
 * task's result. What a task printed is in its pipe before its result is on the way. A turn of the event loop that begins
 * after the result was read therefore reads all of that. The result may have been read from the log in the middle of a turn.
 * So a task may have printed a line for two turns after its end. Where output waits unread, it may have for as long.
 */
export class WorkerOutput<W> implements OutputListener {
  readonly #parts: WorkerOutputParts<W>;
  readonly #behind = new Set<OutputStream>();
  /** The two tasks that ended last, and may have printed lines that are still to come. With two, no line has one printer. */
  #ended: { readonly printer: Printer; turn: number }[] = [];
  #turn = 0;
  #isTurnDue = false;
  #isWatching = false;
  /** Whether the worker has ended. Its board and log cannot be read any more. */
  #isOver = false;

  constructor(parts: WorkerOutputParts<W>) {
    this.#parts = parts;
  }

  /** Whether ends of tasks are to be noted. */
  get isWatching(): boolean {
    return this.#isWatching;
  }

  isWanted(): boolean {
    return this.#parts.listener.wantsOutput();
  }

  /** Notes ends of tasks from now on. */
  watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    if (this.#parts.tasksDone() > 0) this.noteEnd(UNKNOWN);
  }

  noteEnd(printer: Printer): void {
    this.#ended.push({ printer: { id: printer.id, name: printer.name }, turn: this.#turn });
    if (this.#ended.length > 2) this.#ended.shift();
    this.#awaitTurn();
  }

  /** Notes that the worker has ended. Its last lines may come later. */
  end(): void {
    if (this.#isWatching) for (const printer of this.#running()) this.noteEnd(printer);
    this.#isOver = true;
  }

  lines(stream: OutputStream, lines: readonly string[]): void {
    this.watch();
    const printer = this.#printer();
    const { worker, listener } = this.#parts;
    for (const line of lines) listener.output(worker, stream, line, printer);
  }

  behind(stream: OutputStream, isBehind: boolean): void {
    if (isBehind) {
      this.#behind.add(stream);
      return;
    }
    this.#behind.delete(stream);
    for (const end of this.#ended) end.turn = this.#turn;
    this.#awaitTurn();
  }

  /** The one task that may have printed what was read now. */
  #printer(): Printer | undefined {
    if (!this.#isOver) this.#parts.readLog();
    const running = this.#isOver ? [] : this.#running();
    const [first, ...others] = [...this.#ended.map(({ printer }) => printer), ...running];
    return first !== undefined && first !== UNKNOWN && others.every(({ id }) => id === first.id) ? first : undefined;
  }

  /** The tasks whose handlers have been called and have not returned, the abandoned ones included. */
  #running(): Printer[] {
    const { assigned } = this.#parts;
    const running: Printer[] = [];
    for (const entry of assigned.all()) {
      if (entry.task !== undefined && assigned.begunAt(entry) !== undefined) running.push(entry.task);
    }
    return running;
  }

  /** Counts turns while a task that has ended may have printed something. */
  #awaitTurn(): void {
    if (this.#isOver || this.#isTurnDue || this.#ended.length === 0 || this.#behind.size > 0) return;
    this.#isTurnDue = true;
    setImmediate(() => {
      this.#isTurnDue = false;
      if (this.#isOver) return;
      this.#turn++;
      if (this.#behind.size === 0) this.#ended = this.#ended.filter(({ turn }) => turn + 2 > this.#turn);
      this.#awaitTurn();
    });
  }
}
