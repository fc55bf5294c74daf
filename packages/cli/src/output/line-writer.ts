import { setImmediate } from '../natives.js';

/** Destination of lines: a file or a stream. */
export interface Sink {
  /** Writes all of the text. @throws if it cannot */
  write(text: string): Promise<void>;
  /** Writes the rest, and closes. @throws if it cannot */
  close(): Promise<void>;
}

/** Length of text that is written even though more is coming. */
const BATCH_CHARACTERS = 64 * 1024;

/**
 * Writes lines in the order given. Many lines at once are gathered into large writes. Otherwise a line is written within the
 * same turn of the event loop. Lines wait in memory only for the time of one write. Once a batch is full, `write` returns a
 * promise that its caller awaits.
 */
export class LineWriter {
  readonly #sink: Sink;
  #gathered = '';
  #scheduled = false;
  /** Ends when the sink has written everything. Never rejects. */
  #written: Promise<void> = Promise.resolve();
  #error: Error | undefined;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /**
   * Adds one line; `line` has no line end of its own. Awaiting the promise, if any, holds the caller back. It never rejects.
   * @throws the error that an earlier write has met
   */
  write(line: string): void | Promise<void> {
    if (this.#error !== undefined) throw this.#error;
    this.#gathered += `${line}\n`;
    if (this.#gathered.length >= BATCH_CHARACTERS) {
      this.#push();
      return this.#written;
    }
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.#push();
      });
    }
  }

  /** Waits until every line so far is with the sink. @throws the error of the sink */
  async flush(): Promise<void> {
    this.#push();
    await this.#written;
    if (this.#error !== undefined) throw this.#error;
  }

  /** Flushes and closes the sink. @throws the error of the sink */
  async close(): Promise<void> {
    this.#push();
    await this.#written;
    try {
      await this.#sink.close();
    } catch (error) {
      this.#error ??= error as Error;
    }
    if (this.#error !== undefined) throw this.#error;
  }

  #push(): void {
    if (this.#gathered === '' || this.#error !== undefined) return;
    const text = this.#gathered;
    this.#gathered = '';
    this.#written = this.#written
      .then(() => (this.#error === undefined ? this.#sink.write(text) : undefined))
      .catch((error: unknown) => {
        this.#error ??= error as Error;
      });
  }
}
