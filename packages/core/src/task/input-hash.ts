/** Largest input that is compared with others, bytes: a hash of more would take longer than its encoding. */
const MOST_BYTES = 4096;

/** FNV-1a of an encoded input: equal inputs have equal ones. 31 bits, at least 1; 0 for an input that is too large. */
export function inputHash(bytes: Uint8Array, from: number, to: number): number {
  if (to - from > MOST_BYTES) return 0;
  let hash = 0x811c9dc5;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return hash >>> 1 || 1;
}
