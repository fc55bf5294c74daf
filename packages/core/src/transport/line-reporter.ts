import { Buffer, setImmediate } from '../base/natives.js';
import type { OutputStream } from '../contract/stdio.js';
import type { OutputSource } from './last-output.js';

/** Receives the output of one worker by lines. */
export interface OutputListener {
  /** Whether lines are wanted now. */
  isWanted(): boolean;
  /** @param lines in order, without their line breaks */
  lines(stream: OutputStream, lines: readonly string[]): void;
  /** Notes whether output of this stream may wait unread from now on, or a line has no end yet. */
  behind(stream: OutputStream, isBehind: boolean): void;
}

/**
 * Most bytes of a stream that are reported in a turn of the event loop: one read of a pipe. The source then waits for the next
 * turn. So a worker that prints without end leaves the program its time. At half, a read is still reported whole. At double, short
 * lines take twice the time of a turn.
 */
const TURN_BYTES = 64 * 1024;
/**
 * Output after which the source is asked whether its writer holds more. A thread does so once this program has 1 MiB to take
 * (wire/output-port.ts). Its results then overtake its output. With half of that, the question comes before.
 */
const ASK_BYTES = 512 * 1024;
const NEWLINE = 10;

/** Reports the lines of one stream of a worker, while a listener wants them. */
export class LineReporter {
  readonly #source: OutputSource;
  readonly #stream: OutputStream;
  readonly #listener: () => OutputListener;
  #turnBytes = 0;
  #unaskedBytes = 0;
  #isTurnDue = false;
  /** Whether the source waits for the next turn. */
  #hasPaused = false;
  #isLineOpen = false;
  #isBehind = false;

  /** @param listener looked up at each report, since a worker is there before its listener is */
  constructor(source: OutputSource, stream: OutputStream, listener: () => OutputListener) {
    this.#source = source;
    this.#stream = stream;
    this.#listener = listener;
  }

  /**
   * Takes what a chunk has completed. The target of the same source has been served, and may have paused it.
   * @param lines pieces of each line, with its line break
   * @param isLineOpen whether the beginning of another line has come
   */
  take(lines: readonly (readonly Buffer[])[], chunkBytes: number, isLineOpen: boolean): void {
    const listener = this.#listener();
    if (!listener.isWanted()) return;
    if (lines.length > 0) listener.lines(this.#stream, lines.map(textOf));
    this.#isLineOpen = isLineOpen;
    this.#turnBytes += chunkBytes;
    this.#unaskedBytes += chunkBytes;
    if (this.#unaskedBytes >= ASK_BYTES) {
      this.#unaskedBytes = 0;
      this.#source.await?.();
    }
    this.#awaitTurn();
    if (this.#turnBytes >= TURN_BYTES && !this.#source.isPaused()) {
      this.#hasPaused = true;
      this.#source.pause();
    }
    this.#noteBehind();
  }

  #onNextTurn(): void {
    this.#isTurnDue = false;
    this.#turnBytes = 0;
    if (!this.#hasPaused) {
      this.#noteBehind();
      return;
    }
    this.#hasPaused = false;
    this.#source.resume();
    // Whether more has waited, the next turn shows.
    this.#awaitTurn();
  }

  #awaitTurn(): void {
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    setImmediate(() => this.#onNextTurn());
  }

  #noteBehind(): void {
    const isBehind = this.#isLineOpen || this.#source.isPaused() || this.#source.isAwaited === true;
    if (isBehind === this.#isBehind) return;
    this.#isBehind = isBehind;
    this.#listener().behind(this.#stream, isBehind);
  }
}

function textOf(pieces: readonly Buffer[]): string {
  const line = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
  const end = line.at(-1) === NEWLINE ? line.length - 1 : line.length;
  return line.toString('utf8', 0, line[end - 1] === 13 ? end - 1 : end);
}
