import { Buffer } from '../base/natives.js';
import { ownBytes } from './own-bytes.js';
import { latin1Slice } from './raw-text.js';
import { SHORT_TEXT, SMALL_INT, TAG } from './tree-format.js';

/**
 * Bytes that are read as one text, of which short texts are slices. A slice keeps the whole text in memory, so this bounds the
 * memory behind a small text.
 */
const TEXT_BYTES = 8 * 1024;
/**
 * Shortest text that is read by itself: as a slice it would keep other texts in memory. An eighth of TEXT_BYTES, so that no slice
 * keeps more than a text of its kind and seven others. One call more for each of them is little beside its bytes.
 */
const LONG_TEXT = 1024;

/** Most doubles of a value that are read byte by byte. */
const FEW_DOUBLES = 20;

const NO_BYTES = Buffer.alloc(0);
const number = new Float64Array(1);
const integer = new BigInt64Array(number.buffer);
const numberBytes = new Uint8Array(number.buffer);

/** Reads the parts of a value that hold no other parts, in the format of tree-format.ts. */
export class LeafReader {
  // The value under way.
  protected bytes: Buffer = NO_BYTES;
  protected start = 0;
  protected at = 0;
  protected end = 0;
  private view: DataView | undefined;
  private doubles = 0;
  private text = '';
  private textFrom = 0;
  private textTo = 0;

  protected open(bytes: Buffer, at: number, end: number): void {
    if (!(at >= 0 && at <= end && end <= bytes.length)) throw new Error(`No value lies at ${at} to ${end}.`);
    this.bytes = bytes;
    this.start = at;
    this.at = at;
    this.end = end;
    this.textTo = 0;
  }

  /** Drops the frame, so that its last value does not keep it in memory. */
  protected close(): void {
    this.bytes = NO_BYTES;
    this.text = '';
    this.view = undefined;
    this.doubles = 0;
  }

  protected checkEnd(): void {
    if (this.at !== this.end) throw new Error(`A value ends at ${this.at}, and should at ${this.end}.`);
  }

  protected int(): number {
    const bytes = this.bytes;
    const at = this.at;
    this.at = at + 4;
    return (
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    );
  }

  protected bigInt(): bigint {
    this.eightBytes();
    return integer[0] as bigint;
  }

  protected longBigInt(): bigint {
    const digits = this.key();
    return digits.startsWith('-') ? -BigInt(`0x${digits.slice(1)}`) : BigInt(`0x${digits}`);
  }

  /** A text that is a name. */
  protected key(): string {
    const tag = this.bytes[this.at++] as number;
    if (tag >= SHORT_TEXT && tag < SMALL_INT) return this.latin1(tag - SHORT_TEXT);
    if (tag === TAG.latin1) return this.latin1(this.length());
    if (tag === TAG.wide) return this.wide(this.length());
    throw new Error(`No text has tag ${tag}.`);
  }

  protected latin1(length: number): string {
    const from = this.at;
    const to = from + length;
    this.at = to;
    // Only the end is compared: the shared text begins before the bytes that are still to be read.
    if (to <= this.textTo) return this.text.slice(from - this.textFrom, to - this.textFrom);
    if (to > this.end) throw new Error(TEXT_BEYOND);
    if (length >= LONG_TEXT || to === this.end) return latin1Slice(this.bytes, from, to);
    this.textFrom = from;
    this.textTo = Math.min(this.end, from + TEXT_BYTES);
    this.text = latin1Slice(this.bytes, from, this.textTo);
    return this.text.slice(0, length);
  }

  protected wide(length: number): string {
    const from = this.at;
    this.at = from + length;
    if (this.at > this.end || length % 2 === 1) throw new Error(TEXT_BEYOND);
    return this.bytes.toString('utf16le', from, this.at);
  }

  protected double(): number {
    // A view costs as much as 20 numbers byte by byte.
    if (this.view === undefined && ++this.doubles < FEW_DOUBLES) {
      this.eightBytes();
      return number[0] as number;
    }
    const bytes = this.bytes;
    this.view ??= new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const at = this.at;
    this.at = at + 8;
    return this.view.getFloat64(at, true);
  }

  private eightBytes(): void {
    const bytes = this.bytes;
    const at = this.at;
    for (let byte = 0; byte < 8; byte++) numberBytes[byte] = bytes[at + byte] as number;
    this.at = at + 8;
  }

  protected memory(): ArrayBuffer {
    const length = this.length();
    const from = this.at;
    this.at = from + length;
    if (this.at > this.end) throw new Error(`Memory of ${length} bytes ends behind its value.`);
    return ownBytes(this.bytes, from, this.at);
  }

  /** 32 bits, unsigned. */
  protected length(): number {
    let length = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes[this.at++] as number;
      length |= (byte & 127) << shift;
      if (byte < 128) return length >>> 0;
    }
    throw new Error('No length has more than 5 bytes.');
  }
}

const TEXT_BEYOND = 'A text ends behind its value.';
