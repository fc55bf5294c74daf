import type { Readable } from 'node:stream';
import { inThisContext } from '../base/in-this-context.js';
import { closeUnread } from '../wire/close-unread.js';
import type { FlowSender } from '../wire/flow-sender.js';
import type { FlowValue } from '../wire/flow-value.js';
import { Pump } from '../wire/pump.js';

/** An input that flows: an async iterable, such as a Readable. Undefined for any other value, which is sent whole. */
export function asSource(input: unknown): AsyncIterable<unknown> | undefined {
  if (typeof input !== 'object' || input === null) return undefined;
  try {
    const { [Symbol.asyncIterator]: iterate } = input as Partial<AsyncIterable<unknown>>;
    return typeof iterate === 'function' ? (input as AsyncIterable<unknown>) : undefined;
  } catch {
    // A proxy with a trap that throws cannot be sent either, and encoding it reports that.
    return undefined;
  }
}

/**
 * The source of an input that is a flow: an async iterable of the caller's. It is read from the handler's first question on, within
 * the handler's credit. It is closed when its handler leaves it, or when the task settles.
 */
export class TaskSource {
  readonly #source: AsyncIterable<unknown>;
  readonly #sender: FlowSender;
  readonly #now: () => number;
  readonly #onEnd: (error: { readonly value: unknown } | undefined) => void;
  /** Reads the source, in the async context of the call. */
  readonly #start = inThisContext(() => void this.#run());
  #pump: Pump | undefined;
  #isClosed = false;

  /** @param onEnd is called when it has ended, with its error if it has thrown one */
  constructor(
    source: AsyncIterable<unknown>,
    sender: FlowSender,
    now: () => number,
    onEnd: (error: { readonly value: unknown } | undefined) => void,
  ) {
    this.#source = source;
    this.#sender = sender;
    this.#now = now;
    this.#onEnd = onEnd;
    // While its task waits, a Readable may fail. The handler gets that error when it asks; unheard, it would end the program.
    const { on, destroy } = source as Partial<Readable>;
    if (typeof on === 'function' && typeof destroy === 'function') (source as Readable).on('error', () => {});
  }

  /** Notes that the handler has taken this number of values; 0 when it asks for the first. @param send sends values to it */
  credit(values: number, send: (batch: readonly FlowValue[]) => void): void {
    if (this.#isClosed) return;
    if (values > 0) {
      this.#sender.taken(values);
    } else if (this.#pump === undefined) {
      this.#sender.attach(send);
      this.#start();
    }
  }

  /** Closes the source. Its errors after that are dropped: the task has its outcome. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#pump !== undefined) this.#pump.stop();
    // Its handler never asked for a value, so no outcome depends on how the source closes.
    else void closeUnread(this.#source).catch(() => {});
  }

  async #run(): Promise<void> {
    try {
      this.#pump = new Pump(this.#source[Symbol.asyncIterator](), this.#sender, this.#now);
      await this.#pump.run();
      if (this.#isClosed) return;
      this.#sender.finish();
      this.#onEnd(undefined);
    } catch (error) {
      if (this.#isClosed) return;
      this.#sender.finish();
      this.#onEnd({ value: error });
    }
  }
}
