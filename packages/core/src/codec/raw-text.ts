import { type Buffer, bufferPrototype } from '../base/natives.js';

/*
 * Text to bytes and back without the look-up of an encoding by its name. The look-up costs 10 to 40 ns a call. Every Buffer has
 * always had these methods, without documentation. Where they are missing, the documented ones are used.
 */
interface RawText {
  latin1Write?(text: string, at: number): number;
  ucs2Write?(text: string, at: number): number;
  latin1Slice?(from: number, to: number): string;
}
const raw = bufferPrototype as RawText;

type Write = (this: Buffer, text: string, at: number) => number;
type Slice = (this: Buffer, from: number, to: number) => string;

const writeLatin1: Write =
  raw.latin1Write ??
  function (this: Buffer, text, at) {
    return this.write(text, at, 'latin1');
  };
const writeWide: Write =
  raw.ucs2Write ??
  function (this: Buffer, text, at) {
    return this.write(text, at, 'utf16le');
  };
const sliceLatin1: Slice =
  raw.latin1Slice ??
  function (this: Buffer, from, to) {
    return this.toString('latin1', from, to);
  };

/** Writes a latin1 text. There must be room for it. */
export function latin1Write(bytes: Buffer, text: string, at: number): number {
  return writeLatin1.call(bytes, text, at);
}

/** Writes a text as UTF-16. There must be room for it. */
export function wideWrite(bytes: Buffer, text: string, at: number): number {
  return writeWide.call(bytes, text, at);
}

export function latin1Slice(bytes: Buffer, from: number, to: number): string {
  return sliceLatin1.call(bytes, from, to);
}

/** Matches texts beyond latin1. For texts that V8 keeps in one byte a character, as most, this takes 20 to 40 ns. */
const WIDE = /[^\x00-\xff]/;

export function isLatin1(text: string): boolean {
  return !WIDE.test(text);
}
