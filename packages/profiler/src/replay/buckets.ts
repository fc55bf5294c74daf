// The grid of `Histogram` in @millpond/core: 32 buckets to a doubling, in units of 0.1 µs.
const PER_OCTAVE = 32;
const OCTAVE_BITS = 5;
const UNITS_PER_MS = 10_000;

/** The middle of a bucket, ms. */
export function middleOfBucket(bucket: number): number {
  if (bucket < PER_OCTAVE) return (bucket + 0.5) / UNITS_PER_MS;
  const exponent = Math.floor(bucket / PER_OCTAVE) - 1 + OCTAVE_BITS;
  const width = 2 ** (exponent - OCTAVE_BITS);
  return ((PER_OCTAVE + (bucket % PER_OCTAVE)) * width + width / 2) / UNITS_PER_MS;
}
