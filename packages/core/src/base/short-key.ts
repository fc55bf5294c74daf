import { getBuiltinModule } from './natives.js';

/** Loaded when a key is hashed: the load takes 2 ms. */
const crypto = (): typeof import('node:crypto') => getBuiltinModule('node:crypto');

/** Length of the longest key that is kept as it is. */
const LONGEST_KEY = 256;

/** A text that stands for a key of any length. The SHA-256 replaces a long key, so that none is kept whole. */
export function shortKey(key: string): string {
  return key.length <= LONGEST_KEY ? key : `sha256:${crypto().createHash('sha256').update(key).digest('base64')}`;
}
