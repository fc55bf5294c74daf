// How long does one call take when the next one waits for it?
import { CONTESTANTS } from './contestants.mjs';
import { percentile } from './statistics.mjs';

export default {
  question: 'How long does one identity call take, one after another, through 2 workers?',
  metrics: [
    { key: 'p50Us', unit: 'µs p50', better: 'lower' },
    { key: 'p99Us', unit: 'µs p99', better: 'lower' },
  ],
  contestants: Object.keys(CONTESTANTS),

  async measure(call, forMs) {
    const tookMs = [];
    const endMs = performance.now() + forMs;
    for (let nowMs = performance.now(); nowMs < endMs;) {
      await call(tookMs.length);
      const doneMs = performance.now();
      tookMs.push(doneMs - nowMs);
      nowMs = doneMs;
    }
    const sorted = Float64Array.from(tookMs).sort();
    return { p50Us: percentile(sorted, 0.5) * 1000, p99Us: percentile(sorted, 0.99) * 1000 };
  },
};
