import { Buffer, getBuiltinModule } from '../base/natives.js';
import { decodeAlone, encodeAlone } from '../codec/alone.js';

/** A result as a store has it. Times are in ms since the epoch, because no other clock outlives the program. */
export interface Stored {
  readonly task: string;
  readonly key: string;
  readonly tags: readonly string[];
  readonly value: unknown;
  readonly costMs: number;
  readonly tookMs: number;
  readonly storedAtMs: number;
  readonly freshUntilMs: number;
}

/** Names the format, and its version. */
const MAGIC = Buffer.from('MPC1');
const HASH_BYTES = 32;

const crypto = (): typeof import('node:crypto') => getBuiltinModule('node:crypto');

/** @returns undefined for a value that must not be read back from a store @throws NotSerializable, TooLarge */
export function encodeRecord(value: unknown, limitBytes: number): Buffer | undefined {
  const body = encodeAlone(value, limitBytes);
  return body === undefined ? undefined : Buffer.concat([MAGIC, hashOf(body), body]);
}

/** @returns undefined for anything but a whole record: a torn or changed one, or one of another version */
export function decodeRecord(bytes: Uint8Array): unknown {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const body = all.subarray(MAGIC.length + HASH_BYTES);
  if (body.length === 0 || !all.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  if (!all.subarray(MAGIC.length, MAGIC.length + HASH_BYTES).equals(hashOf(body))) return undefined;
  try {
    return decodeAlone(body);
  } catch {
    // A whole record of an encoder that this version does not know.
    return undefined;
  }
}

/** Name of a record in a store. */
export function recordKey(...parts: readonly string[]): string {
  const hash = crypto().createHash('sha256');
  // Lengths keep the parts apart.
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex');
}

export function isStored(value: unknown): value is Stored {
  if (typeof value !== 'object' || value === null) return false;
  const { task, key, tags, costMs, tookMs, storedAtMs, freshUntilMs } = value as Partial<Stored>;
  const numbers = [costMs, tookMs, storedAtMs, freshUntilMs];
  return (
    typeof task === 'string' &&
    typeof key === 'string' &&
    Array.isArray(tags) &&
    tags.every((tag) => typeof tag === 'string') &&
    numbers.every((number) => typeof number === 'number')
  );
}

function hashOf(body: Buffer): Buffer {
  return crypto().createHash('sha256').update(body).digest();
}
