import type { Refusal } from '../contract/errors.js';
import type { WireThrown } from '../wire/error-wire.js';
import { RESULT_WORDS, STATUS, type Frame, type ResultsBody } from '../wire/frame.js';
import { unreadReason } from '../wire/read-values.js';

/** Words are read as floats one by one: a view of a short table has to be given memory outside the heap first. */
const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/**
 * A cursor over the rows of a results frame. One object serves a whole frame; readers take what they need before the
 * next row.
 */
export class ResultRow {
  readonly #frame: Frame;
  /** When its frame was read, which is when its tasks settle. One look at the clock for all of them. */
  readonly settledAt: number;
  #row = -1;

  constructor(frame: Frame, nowMs: number) {
    this.#frame = frame;
    this.settledAt = nowMs;
  }

  next(): boolean {
    return ++this.#row * RESULT_WORDS < this.#frame.meta.length;
  }

  get wireId(): number {
    return this.#frame.meta[this.#row * RESULT_WORDS] ?? 0;
  }
  get status(): number {
    const status = this.#frame.meta[this.#row * RESULT_WORDS + 1] ?? 0;
    return status === STATUS.ok && this.#unread !== undefined ? STATUS.notSerializable : status;
  }
  /** What the handler returned, of a row that is `ok`. */
  get value(): unknown {
    return this.#frame.values[this.#row];
  }
  /** What it threw, of an `error`. */
  get thrown(): WireThrown {
    return this.#more as WireThrown;
  }
  /** Why a value could not be sent, or not be read. */
  get refusal(): Refusal {
    const unread = this.#unread;
    return unread === undefined ? (this.#more as Refusal) : { reason: unread };
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

  get #more(): WireThrown | Refusal | undefined {
    return (this.#frame.body as ResultsBody)?.get(this.#row);
  }

  get #unread(): string | undefined {
    return unreadReason(this.#frame.unread, this.#row);
  }

  #time(word: number): number {
    bits[0] = this.#frame.meta[this.#row * RESULT_WORDS + word] ?? 0;
    return this.#frame.baseMs + (float[0] as number);
  }
}
