import { Buffer } from '../base/natives.js';
import { isLatin1, latin1Write, wideWrite } from './raw-text.js';
import type { Sink } from './sink.js';
import { SHORT_TEXT, SHORT_TEXT_CHARS, SMALL_INT, SMALL_INT_MAX, TAG } from './tree-format.js';
import { checkSize } from './value-codec.js';

/** Longest text that is written character by character; a call for it costs as much as 20 characters. */
const FEW_CHARS = 20;
/** Room for a short tag with its number. Every write begins with it. */
export const ROOM = 32;
/**
 * Characters from which a text is long. No log has room for it. By the port, threads got 1.7 times as many texts of 33,000
 * characters, and sent 1.4 times as many.
 */
const LONG_TEXT = 32 * 1024;
const NO_BYTES = Buffer.alloc(0);

/** Writes the parts of a value that hold no other parts, in the format of tree-format.ts. */
export class LeafWriter {
  protected readonly limitBytes: number;
  // The value under way.
  protected sink: Sink | undefined;
  protected bytes: Buffer = NO_BYTES;
  protected at = 0;
  private view: DataView = new DataView(NO_BYTES.buffer);

  /** @param limitBytes most bytes of one value */
  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  isForPort(value: unknown): boolean {
    // Two bytes for a character, so that the limit needs no look at them.
    return typeof value === 'string' && value.length >= LONG_TEXT && value.length * 2 <= this.limitBytes;
  }

  protected open(sink: Sink): void {
    sink.begin();
    this.sink = sink;
    this.bytes = sink.bytes;
    this.view = sink.view;
    this.at = sink.at;
  }

  protected number(value: number): void {
    const bytes = this.bytes;
    const int = value | 0;
    // −0 equals 0, and 1 / −0 does not equal 1 / 0.
    if (int === value && (int !== 0 || 1 / value > 0)) {
      if (int >= 0 && int <= SMALL_INT_MAX) {
        bytes[this.at++] = SMALL_INT + int;
        return;
      }
      const at = this.at;
      bytes[at] = TAG.int;
      this.view.setInt32(at + 1, int, true);
      this.at = at + 5;
      return;
    }
    this.double(TAG.double, value);
  }

  protected double(tag: number, value: number): void {
    const at = this.at;
    this.bytes[at] = tag;
    this.view.setFloat64(at + 1, value, true);
    this.at = at + 9;
  }

  protected bigInt(value: bigint): void {
    if (BigInt.asIntN(64, value) === value) {
      this.bytes[this.at] = TAG.bigInt;
      this.view.setBigInt64(this.at + 1, value, true);
      this.at += 9;
      return;
    }
    this.bytes[this.at++] = TAG.longBigInt;
    this.text(value.toString(16));
  }

  /** The caller has made room for ROOM bytes. */
  protected text(value: string): void {
    const { length } = value;
    if (length <= FEW_CHARS) {
      const bytes = this.bytes;
      const at = this.at + 1;
      let all = 0;
      for (let index = 0; index < length; index++) {
        const unit = value.charCodeAt(index);
        all |= unit;
        bytes[at + index] = unit;
      }
      if (all > 0xff) {
        this.wide(value);
        return;
      }
      bytes[at - 1] = SHORT_TEXT + length;
      this.at = at + length;
      return;
    }
    if (!isLatin1(value)) {
      this.wide(value);
      return;
    }
    if (length <= SHORT_TEXT_CHARS) {
      this.room(length + 1);
      this.bytes[this.at++] = SHORT_TEXT + length;
    } else {
      this.room(length + ROOM);
      this.bytes[this.at++] = TAG.latin1;
      this.length(length);
    }
    latin1Write(this.bytes, value, this.at);
    this.at += length;
  }

  private wide(value: string): void {
    const length = value.length * 2;
    this.room(length + ROOM);
    this.bytes[this.at++] = TAG.wide;
    this.length(length);
    wideWrite(this.bytes, value, this.at);
    this.at += length;
  }

  protected length(length: number): void {
    const bytes = this.bytes;
    let at = this.at;
    while (length > 127) {
      bytes[at++] = (length & 127) | 128;
      length >>>= 7;
    }
    bytes[at++] = length;
    this.at = at;
  }

  protected room(bytes: number): void {
    if (this.at + bytes > this.bytes.length) this.grow(bytes);
  }

  protected grow(bytes: number): void {
    const sink = this.sink as Sink;
    checkSize(this.at - sink.start + bytes - ROOM, this.limitBytes);
    sink.at = this.at;
    sink.grow(bytes);
    this.bytes = sink.bytes;
    this.view = sink.view;
    this.at = sink.at;
  }
}
