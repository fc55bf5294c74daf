import { deferred } from '../base/deferred.js';
import { ignoreRejection } from '../base/ignore-rejection.js';
import { isThenable } from '../base/is-thenable.js';
import { setImmediate } from '../base/natives.js';
import { type FlowSender, GATHER_MS } from './flow-sender.js';

type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>;

/**
 * The iterator of a stream: of an async iterable, or of a generator. Undefined for any other value, lists and texts included, since
 * these are values of their own.
 * @throws what reading the value throws
 */
export function streamIterator(value: unknown): AnyIterator | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
  const { [Symbol.asyncIterator]: async } = value as Partial<AsyncIterable<unknown>>;
  if (typeof async === 'function') return (value as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  const { [Symbol.iterator]: sync, next } = value as Partial<IterableIterator<unknown>>;
  return typeof sync === 'function' && typeof next === 'function'
    ? (value as Iterable<unknown>)[Symbol.iterator]()
    : undefined;
}

/**
 * Pulls an iterator, and sends its values in a flow. It asks for a value only when the flow has room for one. So the iterator
 * stands still within the credit of the receiver.
 */
export class Pump {
  readonly #iterator: AnyIterator;
  readonly #sender: FlowSender;
  readonly #now: () => number;
  readonly #stopped = deferred<void>();
  #isOver = false;
  /** Whether the iterator has not ended or thrown. */
  #isOpen = true;
  /** Whether it was asked for a value and has not answered. */
  #isAsked = false;
  #closing: Promise<void> | undefined;

  constructor(iterator: AnyIterator, sender: FlowSender, now: () => number) {
    this.#iterator = iterator;
    this.#sender = sender;
    this.#now = now;
  }

  /**
   * Runs until the iterator has ended, or was stopped and closed. All code of the iterator runs in the async context of this call.
   * @returns a promise that rejects with the error of the iterator, or with ValueRefused. The iterator may still be closing then
   */
  async run(): Promise<void> {
    void this.#stopped.promise.then(() => {
      // It may wait for something that only its end ends. Otherwise the loop below closes it.
      // The last line below awaits the same promise, and throws its error.
      if (this.#isAsked) void this.#close().catch(() => {});
    });
    try {
      await this.#pull();
    } catch (error) {
      // This error counts, and that of the end is dropped, as in a `for await` loop that throws.
      if (this.#isOpen) void this.#close().catch(() => {});
      throw error;
    } finally {
      this.#isOver = true;
    }
    // An iterator that answers that it is done may still fail to close.
    if (this.#isOpen || this.#closing !== undefined) await this.#close();
  }

  /** Resolves when an iterator that is being closed has closed. An iterator may never do so. */
  async closed(): Promise<void> {
    // `run` has thrown this error, or another one that counts before it.
    await this.#closing?.catch(() => {});
  }

  /** Ends it: no more values are sent, and the iterator is closed. */
  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopped.resolve();
    this.#sender.end();
  }

  async #pull(): Promise<void> {
    let turnedAt = this.#now();
    while (!this.#isOver) {
      if (!this.#sender.hasRoom) {
        await this.#sender.whenRoom();
        turnedAt = this.#now();
        continue;
      }
      this.#isAsked = true;
      let answer: IteratorResult<unknown>;
      try {
        const asked = this.#iterator.next() as unknown;
        answer = checked(isThenable(asked) ? await asked : asked);
      } catch (error) {
        // An iterator that throws is finished.
        this.#isOpen = false;
        throw error;
      }
      if (answer.done) {
        this.#isOpen = false;
        // No consumer gets what a generator returns.
        ignoreRejection(answer.value);
        return;
      }
      const given: unknown = answer.value;
      const value = isThenable(given) ? await given : given;
      this.#isAsked = false;
      if (this.#isOver) return;
      this.#sender.push(value);
      if (this.#now() - turnedAt < GATHER_MS) continue;
      // Credit, cancellations and timers need a turn of the event loop, and an iterator that never waits gives none.
      this.#sender.flush();
      await turn();
      turnedAt = this.#now();
    }
  }

  #close(): Promise<void> {
    return (this.#closing ??= this.#closeNow());
  }

  async #closeNow(): Promise<void> {
    await this.#iterator.return?.();
  }
}

/** An answer of an iterator, as `for await` takes it. @throws TypeError for one that is not an object */
function checked(answer: unknown): IteratorResult<unknown> {
  if ((typeof answer === 'object' || typeof answer === 'function') && answer !== null) {
    return answer as IteratorResult<unknown>;
  }
  throw new TypeError(`Iterator result ${String(answer)} is not an object`);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
