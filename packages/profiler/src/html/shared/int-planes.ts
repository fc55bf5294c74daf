/**
 * Columns of whole numbers as planes of bytes: first the lowest byte of every number, then the next one. Bytes of one plane are
 * alike, so deflate makes less of them than of whole numbers in a row. Signs are folded into the lowest bit.
 */
const MOST_PLANES = 6;
/** Largest number that six planes hold, with its sign. */
export const LARGEST = 2 ** (8 * MOST_PLANES - 1) - 1;

/** @returns the planes, one after another; their number is length ÷ number of values, 0 if all values are 0 */
export function toPlanes(values: ArrayLike<number>): Uint8Array {
  const rows = values.length;
  let largest = 0;
  for (let i = 0; i < rows; i++) largest = Math.max(largest, folded(values[i] ?? 0));
  let planes = 0;
  while (largest >= 1) {
    planes++;
    largest = Math.floor(largest / 256);
  }
  const out = new Uint8Array(planes * rows);
  for (let i = 0; i < rows; i++) {
    let rest = folded(values[i] ?? 0);
    for (let plane = 0; plane < planes; plane++) {
      const next = Math.floor(rest / 256);
      out[plane * rows + i] = rest - next * 256;
      rest = next;
    }
  }
  return out;
}

/** Takes the planes at `offset` apart again. */
export function fromPlanes(bytes: Uint8Array, offset: number, planes: number, rows: number): Float64Array {
  const values = new Float64Array(rows);
  for (let plane = 0, factor = 1; plane < planes; plane++, factor *= 256) {
    const at = offset + plane * rows;
    for (let i = 0; i < rows; i++) values[i] = (values[i] ?? 0) + (bytes[at + i] ?? 0) * factor;
  }
  for (let i = 0; i < rows; i++) {
    const value = values[i] ?? 0;
    values[i] = value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
  return values;
}

function folded(value: number): number {
  const whole = Math.max(-LARGEST, Math.min(LARGEST, Math.round(value) || 0));
  return whole >= 0 ? whole * 2 : -whole * 2 - 1;
}
