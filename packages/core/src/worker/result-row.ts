import { messageOf } from '../base/message-of.js';
import { Buffer } from '../base/natives.js';
import type { Refusal } from '../contract/errors.js';
import type { WireThrown } from '../wire/error-wire.js';
import { RECORD_HEADER, STATUS } from '../wire/record.js';

/** Words are read as floats one by one: a view of a short table has to be given memory outside the heap first. */
const words = new Uint32Array(2);
const float = new Float32Array(words.buffer);
const double = new Float64Array(words.buffer);

/**
 * One record of a worker's results; see wire/record.ts. One object serves all records of a frame; readers take what they need
 * before the next one.
 */
export class ResultRow {
  /** When it was read, which is when its task settles. One look at the clock for all of a frame. */
  readonly settledAt: number;
  /** When it came. */
  readonly returnedAt: number;
  /** When the frame that told of it was sent; it may have been read before. */
  readonly #sentAt: number;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #value: unknown;
  #unread: string | undefined;

  /** @param sentAt −Infinity where it was read from the log before a frame came */
  constructor(settledAt: number, sentAt: number, returnedAt: number) {
    this.settledAt = settledAt;
    this.#sentAt = sentAt;
    this.returnedAt = returnedAt;
  }

  /** Goes to the record at `at`. */
  open(bytes: Buffer, at: number): void {
    this.#bytes = bytes;
    this.#at = at;
    this.#value = undefined;
    this.#unread = undefined;
  }

  /** Takes the value of the record. */
  take(value: unknown): void {
    this.#value = value;
  }

  /** The value of the record cannot be read. */
  refuse(error: unknown): void {
    this.#unread = `it cannot be read again: ${messageOf(error)}`;
  }

  get wireId(): number {
    return this.#bytes.readUInt32LE(this.#at + 8);
  }
  /** As the worker wrote it. */
  get kind(): number {
    return this.#bytes[this.#at + 12] ?? 0;
  }
  get flags(): number {
    return this.#bytes[this.#at + 13] ?? 0;
  }
  get valueAt(): number {
    return this.#at + RECORD_HEADER;
  }
  get valueBytes(): number {
    return this.#bytes.readUInt32LE(this.#at + 36);
  }
  /** What became of the task: that of `kind`, unless what belongs to it cannot be read. */
  get status(): number {
    if (this.#unread === undefined) return this.kind;
    return this.kind === STATUS.inputUnread ? STATUS.inputUnread : STATUS.notSerializable;
  }
  /** What the handler returned, of a row that is `ok`. */
  get value(): unknown {
    return this.#value;
  }
  /** What it threw, of an `error`. */
  get thrown(): WireThrown {
    return this.#value as WireThrown;
  }
  /** Why a value could not be sent, or not be read. */
  get refusal(): Refusal {
    return this.#unread === undefined ? (this.#value as Refusal) : { reason: this.#unread };
  }
  get receivedAt(): number {
    return this.endedAt - this.#before(24);
  }
  get decodedAt(): number {
    return this.endedAt - this.#before(28);
  }
  get startedAt(): number {
    return this.endedAt - this.#before(32);
  }
  get repliedAt(): number {
    return Math.max(this.#sentAt, this.endedAt);
  }
  get endedAt(): number {
    words[0] = this.#bytes.readUInt32LE(this.#at + 16);
    words[1] = this.#bytes.readUInt32LE(this.#at + 20);
    return double[0] as number;
  }

  #before(offset: number): number {
    words[0] = this.#bytes.readUInt32LE(this.#at + offset);
    return float[0] as number;
  }
}
