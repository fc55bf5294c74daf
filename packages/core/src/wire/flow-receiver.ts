import { type Deferred, deferred } from '../base/deferred.js';
import { RingQueue } from '../base/ring-queue.js';
import { CREDIT_SHARE, type FlowWindow } from './flow.js';

/** How a flow ends, after its values. */
interface FlowEnd {
  readonly error?: { readonly value: unknown };
}

type Result = IteratorResult<unknown, undefined>;

const DONE: FlowEnd = {};

/** Receives the values of one flow. It keeps them until they are taken, and grants its sender credit for those that were. */
export class FlowReceiver {
  readonly #window: FlowWindow;
  readonly #waiting = new RingQueue<unknown>();
  readonly #sizes = new RingQueue<number>();
  /** Calls of `next` that wait for a value. */
  readonly #askers = new RingQueue<Deferred<Result>>();
  #listener: ((value: unknown) => void) | undefined;
  #grant: ((values: number) => void) | undefined;
  #end: FlowEnd | undefined;
  /** Whether values are dropped: nothing will take them. */
  #isClosed = false;
  /** Values taken, and their bytes, for which the sender has no credit yet. */
  #taken = 0;
  #takenBytes = 0;

  constructor(window: FlowWindow) {
    this.#window = window;
  }

  /** Grants credit by this function from now on. */
  attach(grant: (values: number) => void): void {
    this.#grant = grant;
  }

  /** Takes a value from the link. */
  accept(value: unknown, size: number): void {
    if (this.#isClosed || this.#end !== undefined) return;
    const asker = this.#askers.shift();
    if (asker !== undefined) {
      asker.resolve({ done: false, value });
      this.#noteTaken(size);
    } else if (this.#listener !== undefined) {
      this.#listener(value);
      this.#noteTaken(size);
    } else {
      this.#waiting.push(value);
      this.#sizes.push(size);
    }
  }

  /** The next value; waits for it. Throws the error of the flow once, after its values. */
  async next(): Promise<Result> {
    if (this.#waiting.size > 0) return { done: false, value: this.#take() };
    if (this.#isClosed) return { done: true, value: undefined };
    if (this.#end === undefined) {
      const asker = deferred<Result>();
      this.#askers.push(asker);
      return asker.promise;
    }
    this.#isClosed = true;
    if (this.#end.error !== undefined) throw this.#end.error.value;
    return { done: true, value: undefined };
  }

  /** Passes all values to this function, those that have arrived first. */
  listen(listener: (value: unknown) => void): void {
    this.#listener = listener;
    while (this.#waiting.size > 0) listener(this.#take());
  }

  /** Ends the flow after the values that have arrived. Only the first end counts. */
  done(): void {
    this.#finish(DONE);
  }

  /** Ends the flow with an error after the values that have arrived. */
  fail(error: unknown): void {
    this.#finish({ error: { value: error } });
  }

  /** Ends the flow with an error now. Values that have arrived are dropped. */
  abandon(error: unknown): void {
    this.#drop();
    this.fail(error);
  }

  /** Takes no more values. */
  close(): void {
    this.#drop();
    this.#isClosed = true;
    this.#finish(DONE);
  }

  #finish(end: FlowEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    const first = this.#askers.shift();
    if (first === undefined) return;
    this.#isClosed = true;
    if (end.error === undefined) first.resolve({ done: true, value: undefined });
    else first.reject(end.error.value);
    while (this.#askers.size > 0) this.#askers.shift()?.resolve({ done: true, value: undefined });
  }

  #drop(): void {
    while (this.#waiting.size > 0) this.#waiting.shift();
    while (this.#sizes.size > 0) this.#sizes.shift();
  }

  #take(): unknown {
    const value = this.#waiting.shift();
    this.#noteTaken(this.#sizes.shift() as number);
    return value;
  }

  #noteTaken(size: number): void {
    const { values, bytes } = this.#window;
    this.#taken++;
    this.#takenBytes += size;
    if (this.#end !== undefined || this.#grant === undefined) return;
    if (this.#taken * CREDIT_SHARE < values && this.#takenBytes * CREDIT_SHARE < bytes) return;
    this.#grant(this.#taken);
    this.#taken = 0;
    this.#takenBytes = 0;
  }
}
