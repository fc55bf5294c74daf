import { SEGMENT_IDS } from '../model/segments.js';

// Four bands a doubling, from 1 µs on: 30 doublings, 8.6 KB.
const PER_OCTAVE = 4;
const BANDS = 30 * PER_OCTAVE;
const SEGMENTS = SEGMENT_IDS.length;

/**
 * What latencies consist of, by their length. Percentiles of segments do not add up. The means of the segments of the tries around one
 * percentile of latency do.
 */
export class LatencyBands {
  readonly #counts = new Uint32Array(BANDS);
  readonly #sums = new Float64Array(BANDS * SEGMENTS);

  add(latencyMs: number, segments: Float64Array): void {
    const band = Math.min(BANDS - 1, Math.floor(Math.log2(Math.max(1, latencyMs * 1000)) * PER_OCTAVE));
    this.#counts[band] = (this.#counts[band] ?? 0) + 1;
    for (let i = 0; i < SEGMENTS; i++) {
      const at = band * SEGMENTS + i;
      this.#sums[at] = (this.#sums[at] ?? 0) + (segments[i] ?? 0);
    }
  }

  /** Mean segments of the tries between two percentiles of latency, whole bands; 0 without any. */
  between(low: number, high: number): number[] {
    const all = this.#counts.reduce((sum, count) => sum + count, 0);
    const means = new Array<number>(SEGMENTS).fill(0);
    let seen = 0;
    let taken = 0;
    for (let band = 0; band < BANDS; band++) {
      const count = this.#counts[band] ?? 0;
      const from = seen;
      seen += count;
      if (count === 0 || seen <= low * all || from >= high * all) continue;
      taken += count;
      for (let i = 0; i < SEGMENTS; i++) means[i] = (means[i] ?? 0) + (this.#sums[band * SEGMENTS + i] ?? 0);
    }
    return means.map((sum) => (taken === 0 ? 0 : sum / taken));
  }
}
