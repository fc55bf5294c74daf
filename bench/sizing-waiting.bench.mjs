// How near to the best fixed numbers does the pool size itself where tasks wait?
import { sizingBenchmark } from './sizing-benchmark.mjs';

const INPUT = { ms: 50, computeNs: 100e3 };

export default sizingBenchmark({
  question: 'How well does the pool size itself where tasks wait for 50 ms?',
  what: 'Every task waits for 50 ms, and computes for some 0.1 ms.',
  draw: () => ['wait', INPUT],
  workers: [0.5, 1, 2],
  concurrency: [64, 256, 512],
});
