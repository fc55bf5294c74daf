import { messageOf } from '../base/message-of.js';
import type { Buffer } from '../base/natives.js';
import { portBytes } from '../codec/port-bytes.js';
import type { Refusal } from '../contract/errors.js';
import type { WireThrown } from '../wire/error-nodes.js';
import { RECORD_FLAG, RECORD_HEADER, STATUS } from '../wire/record.js';
import { LOG_VALUE_BYTES } from '../wire/result-log.js';

/** One view for all: a new buffer and view would cost 2.5 µs of each call that comes alone. */
const NO_RECORD = new DataView(new ArrayBuffer(RECORD_HEADER));

/**
 * One record of a worker's results; see wire/record.ts. One object serves all records of a frame, so readers copy what they
 * need before the next one.
 */
export class ResultRow {
  /** Time when it was read, which is when its task settles. One look at the clock serves a whole frame, up to the next large value. */
  settledAt: number;
  /** Time when it came. */
  readonly returnedAt: number;
  /** Time when the frame that announced it was sent. The row may have been read before. */
  readonly #sentAt: number;
  #bytes: Buffer | undefined;
  #view: DataView = NO_RECORD;
  #at = 0;
  #endedAt = 0;
  #value: unknown;
  #unread: string | undefined;
  #besideBytes = 0;

  /** @param sentAt −Infinity where it was read from the log before a frame came */
  constructor(settledAt: number, sentAt: number, returnedAt: number) {
    this.settledAt = settledAt;
    this.#sentAt = sentAt;
    this.returnedAt = returnedAt;
  }

  /** Moves to the record at `at`. */
  open(bytes: Buffer, at: number): void {
    if (this.#bytes !== bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    this.#at = at;
    // The other times are distances from it.
    this.#endedAt = this.#view.getFloat64(at + 16, true);
    this.#value = undefined;
    this.#unread = undefined;
    this.#besideBytes = 0;
  }

  /** Sets the value of the record. */
  take(value: unknown): void {
    this.#value = value;
  }

  /** Notes bytes of the value that were not in the record. */
  addBytes(bytes: number): void {
    this.#besideBytes += bytes;
  }

  /** Notes that the value of the record cannot be read. */
  refuse(error: unknown): void {
    this.#unread = `it cannot be read again: ${messageOf(error)}`;
  }

  get wireId(): number {
    return this.#view.getUint32(this.#at + 8, true);
  }
  /** Kind as the worker wrote it. */
  get kind(): number {
    return this.#view.getUint8(this.#at + 12);
  }
  get flags(): number {
    return this.#view.getUint8(this.#at + 13);
  }
  get valueAt(): number {
    return this.#at + RECORD_HEADER;
  }
  get valueBytes(): number {
    return this.#view.getUint32(this.#at + 36, true);
  }
  /** Size of the value in bytes. One whose size is not known counts as the largest that the log takes. */
  get resultBytes(): number {
    if ((this.flags & ~RECORD_FLAG.reported) === 0) return this.valueBytes;
    return this.#besideBytes > 0 ? this.valueBytes + this.#besideBytes : LOG_VALUE_BYTES;
  }
  /** The same for a trace, which is worth a look at a value that came through a port. */
  get tracedBytes(): number {
    const isKnown = (this.flags & RECORD_FLAG.cloned) === 0 || this.#besideBytes > 0;
    return (isKnown ? 0 : portBytes(this.#value)) || this.resultBytes;
  }
  /** Outcome of the task: that of `kind`, unless its data cannot be read. */
  get status(): number {
    if (this.#unread === undefined) return this.kind;
    return this.kind === STATUS.inputUnread ? STATUS.inputUnread : STATUS.notSerializable;
  }
  /** Value that the handler returned, in a row that is `ok`. */
  get value(): unknown {
    return this.#value;
  }
  /** Value that the handler threw, in an `error`. */
  get thrown(): WireThrown {
    return this.#value as WireThrown;
  }
  /** Why a value could not be sent or read. */
  get refusal(): Refusal {
    return this.#unread === undefined ? (this.#value as Refusal) : { reason: this.#unread };
  }
  get receivedAt(): number {
    return this.#endedAt - this.#view.getFloat32(this.#at + 24, true);
  }
  get decodedAt(): number {
    return this.#endedAt - this.#view.getFloat32(this.#at + 28, true);
  }
  get startedAt(): number {
    return this.#endedAt - this.#view.getFloat32(this.#at + 32, true);
  }
  get repliedAt(): number {
    return Math.max(this.#sentAt, this.#endedAt);
  }
  get endedAt(): number {
    return this.#endedAt;
  }
}
