import { Buffer } from '../base/natives.js';
import { Sink } from './sink.js';
import { TreeDecoder } from './tree-decoder.js';
import { TreeEncoder } from './tree-encoder.js';
import { TAG } from './tree-format.js';

/** Length of the definitions, before them. */
const HEAD_BYTES = 4;

/**
 * A value as bytes that need no other bytes to be read, for places that outlive the program. Shapes that it uses are defined in
 * front of it.
 * @returns undefined for a value that only V8's serializer can write. Its bytes must not be read back from there
 * @throws NotSerializable, TooLarge
 */
export function encodeAlone(value: unknown, limitBytes: number): Buffer | undefined {
  const encoder = new TreeEncoder({ limitBytes, largeBytes: Infinity });
  const body = new Sink(0);
  encoder.encode(value, body);
  if (body.bytes[body.start] === TAG.v8) return undefined;
  const definitions = new Sink(0);
  encoder.writeShapes(0, definitions);
  const bodyBytes = body.at - body.start;
  const all = Buffer.allocUnsafe(HEAD_BYTES + definitions.at + bodyBytes);
  all.writeUInt32LE(definitions.at, 0);
  definitions.bytes.copy(all, HEAD_BYTES, 0, definitions.at);
  body.bytes.copy(all, HEAD_BYTES + definitions.at, body.start, body.at);
  return all;
}

/** Reads what `encodeAlone` has written. @throws if the bytes are no such value, whatever they are */
export function decodeAlone(bytes: Buffer): unknown {
  const bodyAt = HEAD_BYTES + bytes.readUInt32LE(0);
  // V8's reader trusts its bytes.
  if (bodyAt >= bytes.length || bytes[bodyAt] === TAG.v8) throw new RangeError('The bytes are no value.');
  const decoder = new TreeDecoder();
  decoder.defineShapes(bytes, HEAD_BYTES, bodyAt);
  return decoder.decode(bytes, bodyAt, bytes.length);
}
