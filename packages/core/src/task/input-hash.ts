/** Largest input that is compared with others, bytes. A hash of it takes 1 µs (Node 20). */
const MOST_BYTES = 1024;

/** Hash of an encoded input, by words as MurmurHash2 mixes them: equal inputs have equal ones. 31 bits, at least 1; 0 if it is too large. */
export function inputHash(bytes: Uint8Array, from: number, to: number): number {
  const size = to - from;
  if (size > MOST_BYTES) return 0;
  let hash = size;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    hash = mixed(hash ^ word);
  }
  for (; at < to; at++) hash = mixed(hash ^ (bytes[at] as number));
  return mixed(hash) >>> 1 || 1;
}

function mixed(hash: number): number {
  const product = Math.imul(hash, 0x5bd1e995);
  return product ^ (product >>> 15);
}
