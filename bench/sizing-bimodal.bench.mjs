// How near to the best fixed numbers does the pool size itself where a few tasks take very long?
import { sizingBenchmark } from './sizing-benchmark.mjs';

export default sizingBenchmark({
  question: 'How well does the pool size itself where one task in fifty takes 200 times as long?',
  what: 'Tasks compute for some 1 ms, one in fifty for 200 ms, under one name.',
  draw: (i) => ['compute', i % 50 === 17 ? 200e6 : 1e6],
  workers: [0.5, 1, 1.5, 2],
  concurrency: [1, 16],
  share: 0.9,
});
