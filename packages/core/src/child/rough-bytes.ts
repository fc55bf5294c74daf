/** Parts looked at; what is beyond them is taken to be like them. */
const MOST_PARTS = 300;
/** Parts of one list, map or object looked at. */
const MOST_OF_ONE = 32;
const WORD = 8;

/**
 * About how much memory a copy of a value takes, in bytes: exact for text and buffers, a guess for what has many parts.
 * Encoding it to see would cost as much as sending it.
 */
export function roughBytes(value: unknown): number {
  return bytesOf(value, { left: MOST_PARTS });
}

function bytesOf(value: unknown, budget: { left: number }): number {
  budget.left--;
  if (typeof value === 'string') return WORD + value.length * 2;
  if (typeof value !== 'object' || value === null) return WORD;
  if (value instanceof ArrayBuffer) return WORD + value.byteLength;
  // A copy of a view has all of the buffer beneath it.
  if (ArrayBuffer.isView(value)) return WORD + value.buffer.byteLength;
  if (Array.isArray(value)) return sampled(value, value.length, budget);
  if (value instanceof Map) return sampled(value.entries(), value.size, budget);
  if (value instanceof Set) return sampled(value, value.size, budget);
  const names = Object.keys(value);
  return sampled(
    names.map((name) => (value as Record<string, unknown>)[name]),
    names.length,
    budget,
  );
}

/** The parts of a value, by the first of them. */
function sampled(parts: Iterable<unknown>, count: number, budget: { left: number }): number {
  let seen = 0;
  let bytes = 0;
  for (const part of parts) {
    if (seen === MOST_OF_ONE || budget.left <= 0) break;
    seen++;
    bytes += bytesOf(part, budget);
  }
  return WORD + (seen === 0 ? count * WORD : (bytes / seen) * count);
}
