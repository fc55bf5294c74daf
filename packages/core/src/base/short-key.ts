import { getBuiltinModule } from './natives.js';

/** Loaded when a key is hashed: that takes 2 ms. */
const crypto = (): typeof import('node:crypto') => getBuiltinModule('node:crypto');

/** Longest key that is kept as it is. */
const LONGEST_KEY = 256;

/** A text that stands for a key of any length: long ones are replaced by their SHA-256, so that none is kept whole. */
export function shortKey(key: string): string {
  return key.length <= LONGEST_KEY ? key : `sha256:${crypto().createHash('sha256').update(key).digest('base64')}`;
}
