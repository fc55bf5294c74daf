import { Buffer } from '../natives.js';

/** Bytes of one message of Protocol Buffers: numbers as varints, all else with its length before it. Zeros are left out. */
export class ProtoWriter {
  #buffer = Buffer.allocUnsafe(256);
  #size = 0;

  /** A number that is not negative. */
  number(field: number, value: number | bigint): void {
    if (value === 0 || value === 0n) return;
    this.#varint(field * 8);
    this.#varint(value);
  }

  packed(field: number, values: readonly number[]): void {
    const inner = new ProtoWriter();
    for (const value of values) inner.#varint(value);
    this.message(field, inner);
  }

  message(field: number, message: ProtoWriter): void {
    this.#varint(field * 8 + 2);
    this.#varint(message.#size);
    this.append(message);
  }

  /** A text; an empty one is written, too, because it has a place in a list. */
  text(field: number, text: string): void {
    const bytes = Buffer.from(text, 'utf8');
    this.#varint(field * 8 + 2);
    this.#varint(bytes.length);
    this.#add(bytes);
  }

  /** Fields of another message, one after the other. */
  append(other: ProtoWriter): void {
    this.#add(other.bytes());
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#size);
  }

  #varint(value: number | bigint): void {
    this.#grow(10);
    // Beyond 31 bits, shifts of numbers would lose bits.
    let rest = typeof value === 'bigint' ? value : BigInt(Math.max(0, Math.trunc(value)));
    while (rest > 0x7fn) {
      this.#buffer[this.#size++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#buffer[this.#size++] = Number(rest);
  }

  #add(bytes: Uint8Array): void {
    this.#grow(bytes.length);
    this.#buffer.set(bytes, this.#size);
    this.#size += bytes.length;
  }

  #grow(by: number): void {
    if (this.#size + by <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#size + by));
    larger.set(this.bytes());
    this.#buffer = larger;
  }
}
