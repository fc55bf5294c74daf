// How near to the best fixed numbers does the pool size itself where tasks compute?
import { sizingBenchmark } from './sizing-benchmark.mjs';

const ITERATIONS = 10e6;

export default sizingBenchmark({
  question: 'How well does the pool size itself where tasks compute for 10 ms?',
  what: 'Every task computes for some 10 ms.',
  draw: () => ['compute', ITERATIONS],
  workers: [0.5, 1, 1.5, 2],
  concurrency: [1, 16],
});
