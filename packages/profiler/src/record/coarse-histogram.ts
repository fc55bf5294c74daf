// Eight buckets a doubling: a median is within 4.4 % of the value. From 1 µs to some 17 minutes.
const PER_OCTAVE = 8;
const BUCKETS = 30 * PER_OCTAVE;

/** Durations in a tenth of the memory of a Histogram, for tables of many: 960 bytes each. */
export class CoarseHistogram {
  count = 0;
  totalMs = 0;
  readonly #counts = new Uint32Array(BUCKETS);

  record(ms: number): void {
    this.count++;
    this.totalMs += ms;
    const bucket = Math.floor(Math.log2(Math.max(1, ms * 1000)) * PER_OCTAVE);
    const at = Math.min(bucket, BUCKETS - 1);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
  }

  /** The middle value, ms; 0 without any. */
  get medianMs(): number {
    const rank = Math.max(1, Math.ceil(this.count / 2));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS && this.count > 0; bucket++) {
      seen += this.#counts[bucket] ?? 0;
      if (seen >= rank) return 2 ** ((bucket + 0.5) / PER_OCTAVE) / 1000;
    }
    return 0;
  }
}
