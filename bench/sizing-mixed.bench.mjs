// How near to the best fixed numbers does the pool size itself where some tasks compute and some wait?
import { sizingBenchmark } from './sizing-benchmark.mjs';

const COMPUTES = ['compute', 10e6];
const WAITS = ['wait', { ms: 50, computeNs: 100e3 }];

export default sizingBenchmark({
  question: 'How well does the pool size itself where half of the tasks compute and half wait?',
  what: 'One task computes for some 10 ms, the next waits for 50 ms.',
  draw: (i) => (i % 2 === 0 ? COMPUTES : WAITS),
  workers: [0.5, 1, 1.5, 2],
  concurrency: [4, 16, 64],
  share: 0.9,
});
