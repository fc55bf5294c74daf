import { isLatin1, latin1Write, wideWrite } from './raw-text.js';
import type { ShapeTable } from './shapes.js';
import type { Sink } from './sink.js';
import { SHORT_TEXT, SHORT_TEXT_CHARS, TAG } from './tree-format.js';

/** A tag and the longest length. */
const TEXT_HEAD = 6;

/**
 * Appends the definitions of the shapes from number `from` up to `to`. A definition is the number of keys, then their texts. Only
 * the table bounds their length: a limit for values says nothing about them.
 */
export function writeDefinitions(shapes: ShapeTable, from: number, to: number, sink: Sink): void {
  sink.begin();
  for (let shape = from; shape < to; shape++) {
    const keys = shapes.keysOf(shape);
    sink.ensure(1);
    sink.bytes[sink.at++] = keys.length;
    for (const key of keys) writeText(key, sink);
  }
}

/** Writes a text, and makes the room for it, so that no caller can forget it. */
function writeText(text: string, sink: Sink): void {
  const isNarrow = isLatin1(text);
  const length = isNarrow ? text.length : text.length * 2;
  sink.ensure(TEXT_HEAD + length);
  const { bytes } = sink;
  if (isNarrow && length <= SHORT_TEXT_CHARS) {
    bytes[sink.at++] = SHORT_TEXT + length;
  } else {
    bytes[sink.at++] = isNarrow ? TAG.latin1 : TAG.wide;
    sink.at = writeLength(bytes, sink.at, length);
  }
  if (isNarrow) latin1Write(bytes, text, sink.at);
  else wideWrite(bytes, text, sink.at);
  sink.at += length;
}

/** Writes a length. Returns the place of the next byte. */
function writeLength(bytes: Uint8Array, at: number, length: number): number {
  while (length > 127) {
    bytes[at++] = (length & 127) | 128;
    length >>>= 7;
  }
  bytes[at++] = length;
  return at;
}
