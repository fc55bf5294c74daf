import type { SpanColumns } from '../model/spans.js';
import { stampOf } from '../replay/rows-of-spans.js';

/** How many handlers were at work at each moment of a run, from the begins and ends of its tries. */
export class Company {
  readonly #spans: SpanColumns;
  readonly #times: Float64Array;
  /** Handlers at work from each moment on. */
  readonly #counts: Int32Array;

  constructor(spans: SpanColumns) {
    const moments: { at: number; by: number }[] = [];
    for (let i = 0; i < spans.kept; i++) {
      const [from, to] = [stampOf(spans, i, 5), stampOf(spans, i, 6)];
      if (to > from) moments.push({ at: from, by: 1 }, { at: to, by: -1 });
    }
    moments.sort((a, b) => a.at - b.at);
    this.#spans = spans;
    this.#times = Float64Array.from(moments, ({ at }) => at);
    this.#counts = new Int32Array(moments.length);
    let atWork = 0;
    for (const [place, { by }] of moments.entries()) this.#counts[place] = atWork += by;
  }

  /**
   * Integral over each execution of something that depends on the number at work. With 1 it is the execution itself. By place in the
   * spans; 0 for tries without an execution.
   */
  integral(valueOf: (atWork: number) => number): Float64Array {
    const times = this.#times;
    const sums = new Float64Array(times.length);
    for (let place = 1; place < times.length; place++) {
      const ms = (times[place] as number) - (times[place - 1] as number);
      sums[place] = (sums[place - 1] as number) + (ms > 0 ? ms * valueOf(this.#counts[place - 1] as number) : 0);
    }
    // Begins and ends of executions are moments themselves.
    const until = (at: number) => sums[Math.max(0, this.#placeOf(at))] ?? 0;
    return Float64Array.from({ length: this.#spans.kept }, (_, i) => {
      const [from, to] = [stampOf(this.#spans, i, 5), stampOf(this.#spans, i, 6)];
      return to > from ? until(to) - until(from) : 0;
    });
  }

  /** Place of the last moment that is not later. */
  #placeOf(at: number): number {
    let [low, high] = [0, this.#times.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#times[middle] as number) <= at) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
