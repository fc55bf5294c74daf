import { RESULT_WORDS, type Frame } from '../wire/frame.js';

/**
 * A cursor over the rows of a results frame. One object serves a whole frame; readers take what they need before the
 * next row.
 */
export class ResultRow {
  readonly #frame: Frame;
  readonly #times: Float32Array;
  readonly #values: unknown[];
  #row = -1;

  constructor(frame: Frame) {
    this.#frame = frame;
    this.#times = new Float32Array(frame.meta.buffer, frame.meta.byteOffset, frame.meta.length);
    this.#values = frame.body as unknown[];
  }

  next(): boolean {
    return ++this.#row < this.#values.length;
  }

  get wireId(): number {
    return this.#frame.meta[this.#row * RESULT_WORDS] ?? 0;
  }
  get status(): number {
    return this.#frame.meta[this.#row * RESULT_WORDS + 1] ?? 0;
  }
  get value(): unknown {
    return this.#values[this.#row];
  }
  get receivedAt(): number {
    return this.#time(2);
  }
  get decodedAt(): number {
    return this.#time(3);
  }
  get startedAt(): number {
    return this.#time(4);
  }
  get endedAt(): number {
    return this.#time(5);
  }
  get repliedAt(): number {
    return this.#frame.sentAt;
  }
  get returnedAt(): number {
    return this.#frame.receivedAt;
  }

  #time(word: number): number {
    return this.#frame.baseMs + (this.#times[this.#row * RESULT_WORDS + word] ?? 0);
  }
}
